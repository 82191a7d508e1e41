import { crashed, play, TROUBLES, type Trouble } from '../support/list-crashes.ts';
import { type Section, section } from './section.ts';

/** A crash at every probe of films whose models fail in mid-film. */
export async function modelLists(): Promise<Section> {
  const troubles = Object.keys(TROUBLES) as Trouble[];
  const films = new Map(troubles.map((trouble) => [trouble, play(trouble, null)]));
  const cases = troubles.map(async (trouble) => {
    const { probes } = (await films.get(trouble))!;
    return Array.from({ length: probes }, (_, index) => ({ trouble, at: index + 1 }));
  });
  return section('models out of order', (await Promise.all(cases)).flat(), async ({ trouble, at }) => {
    const violations = await crashed(trouble, at, (await films.get(trouble))!);
    return [{ row: trouble, happened: true, violations }];
  });
}
