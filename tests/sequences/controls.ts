import { foundBy, type Patch } from '../soak/controls.ts';

/** Replacements in the built library that each make changes or forks naive in one way. */
export const CONTROLS = {
  'a recipe depends on the place of its scene': [
    [
      'memoised(record.memo, key, recipe), recipe, from === null)',
      'memoised(record.memo, key, recipe).slice(1) + (state.scenes.indexOf(record) % 10), recipe, from === null)',
    ],
  ],
  'a fork buys what its parent has under way': [['  if (at.awaited.length > 0) return STEP.pending;\n', '']],
  'a plan is appended': [
    [
      'const foreseen = await foresee(this.#context, present, changes);',
      'const foreseen = await foresee(this.#context, present, changes);\n    if (typeof target === "string") await revise(this.#context, this.#engine.log(target), changes);',
    ],
  ],
  'other words are not seen': [['  record.memo.clear();\n}', '}']],
  'a film stays as it was joined': [
    ['fps, transition: state.settings.transition }', 'fps, transition: { kind: "cut", seconds: 0 } }'],
  ],
} as const satisfies Record<string, readonly Patch[]>;

/** Plays programs against a patched copy of the build; answers the first violation, or `null`. `null` for a control: the build as it is. */
export function caught(control: keyof typeof CONTROLS | null): string | null {
  const patches = control === null ? [] : CONTROLS[control];
  return foundBy('tests/sequences/control-child.ts', ['tests/sequences', 'tests/support'], patches);
}
