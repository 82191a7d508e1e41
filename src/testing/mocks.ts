import type { CostModel } from 'vidpipe';
import {
  type Defined,
  type ImageDefinition,
  imageModel,
  type OperationHandle,
  type TextDefinition,
  textModel,
  type VideoDefinition,
  videoModel,
} from 'vidpipe/provider';

/** What a mock was asked, in order: which member, with which arguments. */
export interface MockCall {
  readonly member: string;
  readonly args: readonly unknown[];
}

/** A mock's record of its calls. */
export interface Recorded {
  readonly calls: readonly MockCall[];
}

type Members = Readonly<Record<string, unknown>>;

/** Members that record their calls; the ones that are not set throw. */
function recording<T extends object>(mock: string, names: readonly string[], given: Members, calls: MockCall[]): T {
  const members = names.map((member) => {
    const answer = given[member] as ((...args: readonly unknown[]) => unknown) | undefined;
    const record = (...args: readonly unknown[]): unknown => {
      calls.push({ member, args });
      if (answer === undefined) throw new Error(`${mock}: ${member} was called, but is not set`);
      return answer(...args);
    };
    return [member, record];
  });
  return Object.fromEntries(members) as T;
}

/** Optional members are capabilities: they are there only where they are set. */
function setOnes(names: readonly string[], given: Members): string[] {
  return names.filter((name) => given[name] !== undefined);
}

/** A text model for `defineProvider` whose `generate` (and `lookUp`) are yours; calls are recorded, `generate` throws when it is not set. @default 1,000 output tokens at most, free */
export function mockTextModel(members: Partial<TextDefinition> = {}): Defined & Recorded {
  const calls: MockCall[] = [];
  const functions = recording<Pick<TextDefinition, 'generate'>>(
    'mockTextModel',
    ['generate', ...setOnes(['lookUp'], { ...members })],
    { ...members },
    calls,
  );
  return { ...textModel({ maxOutputTokens: 1000, ...members, ...functions }), calls };
}

/** An image model for `defineProvider` whose `generate` (and `lookUp`) are yours; calls are recorded, `generate` throws when it is not set. @default both ratios, 4 references, free */
export function mockImageModel(members: Partial<ImageDefinition> = {}): Defined & Recorded {
  const calls: MockCall[] = [];
  const functions = recording<Pick<ImageDefinition, 'generate'>>(
    'mockImageModel',
    ['generate', ...setOnes(['lookUp'], { ...members })],
    { ...members },
    calls,
  );
  return { ...imageModel({ ratios: ['16:9', '9:16'], references: 4, ...members, ...functions }), calls };
}

/** A video model for `defineProvider` whose `start`, `check` (and `cancel`, `lookUp`) are yours; calls are recorded, members that are not set throw. @default 4, 6 and 8 s, both ratios, first and last frame, free */
export function mockVideoModel(members: Partial<VideoDefinition<OperationHandle>> = {}): Defined & Recorded {
  const calls: MockCall[] = [];
  const functions = recording<Pick<VideoDefinition<OperationHandle>, 'start' | 'check'>>(
    'mockVideoModel',
    ['start', 'check', ...setOnes(['cancel', 'lookUp'], { ...members })],
    { ...members },
    calls,
  );
  const can = { durations: [4, 6, 8], ratios: ['16:9', '9:16'], lastFrame: true };
  return { ...videoModel({ ...can, ...members, ...functions }), calls };
}

/** A cost model whose `quote` and `charge` are yours; calls are recorded, members that are not set throw. */
export function mockCostModel(members: Partial<Omit<CostModel, 'specVersion'>> = {}): CostModel & Recorded {
  const calls: MockCall[] = [];
  const functions = recording<Omit<CostModel, 'specVersion'>>(
    'mockCostModel',
    ['quote', 'charge'],
    { ...members },
    calls,
  );
  return { specVersion: 1, ...functions, calls };
}
