import { z } from 'zod';
import { digest, fingerprint, id, modelId, name as text } from './archive-values.ts';
import { remedySchema } from './settings-schema.ts';

const said = () => ({ reasons: z.array(text(20_000)).max(1000), codes: z.array(text(500)).max(1000) });

/** Body of `remedy.applied` in an archive. @internal */
export const appliedSchema = () =>
  z.strictObject({
    run: id(),
    stepId: id(),
    forFingerprint: fingerprint(),
    askedBy: id(),
    index: z.int().min(-1).max(20),
    remedy: z.union([remedySchema(), z.strictObject({ kind: z.literal('retake') })]),
    change: z
      .strictObject({
        prompt: text(4000).optional(),
        prefix: text(2000).optional(),
        seed: z.int().min(0).max(0xffffffff).optional(),
        model: modelId().optional(),
      })
      .optional(),
    frame: digest().nullable(),
    input: z.enum(['prompt', 'start-frame', 'end-frame', 'reference', 'output']),
    ...said(),
  });

/** What is known in an archive of bytes that are not used. @internal */
export const barsSchema = () =>
  z.strictObject({
    blocked: z.array(
      z.strictObject({ digest: digest(), by: z.enum(['user', 'inspect', 'provider']), stepId: id(), ...said() }),
    ),
    inspected: z.array(
      z.strictObject({ digest: digest(), verdict: z.enum(['ok', 'retake']), stepId: id(), ...said() }),
    ),
  });
