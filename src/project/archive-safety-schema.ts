import { z } from 'zod';
import { remedySchema } from './settings-schema.ts';
import { wellFormed } from './text-schema.ts';

const id = () => z.string().min(1).max(500);
const text = (most: number) => wellFormed().max(most);

/** A digest in an archive. @internal */
export const digestSchema = () =>
  z.string().regex(/^sha256-[0-9a-f]{64}$/, 'expected sha256- and 64 hexadecimal digits');

/** A fingerprint in an archive. @internal */
export const fingerprintSchema = () => z.string().regex(/^([0-9a-f]{64}|supplied)$/, 'expected 64 hexadecimal digits');

const said = () => ({ reasons: z.array(text(20_000)).max(1000), codes: z.array(text(500)).max(1000) });

/** Body of `remedy.applied` in an archive. @internal */
export const appliedSchema = () =>
  z.strictObject({
    run: id(),
    stepId: id(),
    forFingerprint: fingerprintSchema(),
    askedBy: id(),
    index: z.int().min(-1).max(20),
    remedy: z.union([remedySchema(), z.strictObject({ kind: z.literal('retake') })]),
    change: z
      .strictObject({
        prompt: text(4000).optional(),
        prefix: text(2000).optional(),
        seed: z.int().min(0).max(0xffffffff).optional(),
        model: z
          .string()
          .regex(/^[^:\s]+:\S+$/)
          .optional(),
      })
      .optional(),
    frame: digestSchema().nullable(),
    input: z.enum(['prompt', 'start-frame', 'end-frame', 'reference', 'output']),
    ...said(),
  });

/** What is known in an archive of bytes that are not used. @internal */
export const barsSchema = () =>
  z.strictObject({
    blocked: z.array(
      z.strictObject({ digest: digestSchema(), by: z.enum(['user', 'inspect', 'provider']), stepId: id(), ...said() }),
    ),
    inspected: z.array(
      z.strictObject({ digest: digestSchema(), verdict: z.enum(['ok', 'retake']), stepId: id(), ...said() }),
    ),
  });
