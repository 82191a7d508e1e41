import { afterAll, beforeAll, expect, it } from 'vitest';
import { FinishedFilm } from './ffmpeg-faults.ts';

const film = new FinishedFilm('fade');
beforeAll(() => film.open());
afterAll(() => film.close());

/** The others are played by the soak, and one by one in `tests/media/hazards.test.ts`. */
it.each(['is killed', 'never ends', 'leaves with 0 and junk', 'is not there'] as const)(
  'a film is joined by an ffmpeg that %s: the one before stays, nothing is left, nothing is bought',
  async (fault) => {
    expect(await film.play(fault)).toMatchObject({ happened: true, violations: [] });
  },
);

it('joined anew by a good one it costs nothing', async () => {
  expect(await film.mend()).toMatchObject({ violations: [] });
});
