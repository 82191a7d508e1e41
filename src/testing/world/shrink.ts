import type { Script } from './script.ts';

/** Lists of a script that can lose members. */
const LISTS = ['modelFaults', 'storeFaults', 'crashes', 'acts'] as const;

/** Scripts that are a little smaller: one fault less, one crash or act less, fewer scenes, no budget. */
function smaller(script: Script): Script[] {
  const without = LISTS.flatMap((list) =>
    script[list].map((_, at): Script => ({ ...script, [list]: script[list].filter((__, other) => other !== at) })),
  );
  const fewer = script.scenes > 1 ? [{ ...script, scenes: script.scenes - 1 }] : [];
  const plain: Script[] = [
    ...(script.budget === null ? [] : [{ ...script, budget: null }]),
    ...(script.writer ? [{ ...script, writer: false }] : []),
    ...(script.onUnknown === 'default' ? [] : [{ ...script, onUnknown: 'default' as const }]),
  ];
  return [...without, ...fewer, ...plain];
}

/** The smallest script found that still `fails`, dropping one thing after another. Plays some dozens of scripts. */
export async function shrink(script: Script, fails: (script: Script) => Promise<boolean>): Promise<Script> {
  for (const candidate of smaller(script)) if (await fails(candidate)) return shrink(candidate, fails);
  return script;
}
