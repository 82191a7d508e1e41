import type { Script } from './script.ts';

/** Lists of a script that can lose members. */
const LISTS = ['modelFaults', 'storeFaults', 'crashes', 'acts', 'gates'] as const;
/** What else can be as in a film where nothing is special. */
const PLAIN: readonly Partial<Script>[] = [
  { budget: null },
  { writer: false },
  { onUnknown: 'default' },
  { answers: 'truth' },
  { cancels: false },
  { links: false },
  { inspects: false },
];

/** Scripts that are a little smaller: one fault less, one crash or act less, fewer scenes, one thing plain. */
function smaller(script: Script): Script[] {
  const without = LISTS.flatMap((list) =>
    script[list].map((_, at): Script => ({ ...script, [list]: script[list].filter((__, other) => other !== at) })),
  );
  const fewer = script.scenes > 1 ? [{ ...script, scenes: script.scenes - 1 }] : [];
  const plain = PLAIN.map((change): Script => ({ ...script, ...change })).filter(
    (each) => JSON.stringify(each) !== JSON.stringify(script),
  );
  return [...without, ...fewer, ...plain];
}

/** The smallest script found that still `fails`, dropping one thing after another. Plays some dozens of scripts. */
export async function shrink(script: Script, fails: (script: Script) => Promise<boolean>): Promise<Script> {
  for (const candidate of smaller(script)) if (await fails(candidate)) return shrink(candidate, fails);
  return script;
}
