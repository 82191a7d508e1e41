import { z } from 'zod';
import { wellFormed } from './text-schema.ts';

/** An id or a name of a step. */
export const id = () => z.string().min(1).max(500);
/** Text, so long at most. */
export const name = (most = 500) => wellFormed().max(most);
/** A digest. */
export const digest = () => z.string().regex(/^sha256-[0-9a-f]{64}$/, 'expected sha256- and 64 hexadecimal digits');
/** A fingerprint, or what stands for one. */
export const fingerprint = () => z.string().regex(/^([0-9a-f]{64}|supplied)$/, 'expected 64 hexadecimal digits');
/** `provider:model`. */
export const modelId = () => z.string().regex(/^[^:\s]+:\S+$/);
/** Micro-dollars. */
export const money = () => z.int().min(0).max(1e15);
/** A count. */
export const whole = (most = 1e9) => z.int().min(0).max(most);
/** A JSON object. */
export const json = () => z.record(z.string(), z.json());
/** A length that is more than nothing. */
export const size = () => z.number().positive().max(1e6);
