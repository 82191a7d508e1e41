import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** sha256 of the RFC 8785 form of a recipe's hard inputs, 64 hexadecimal digits. */
export function fingerprintOf(hard: object): string {
  return createHash('sha256')
    .update(canonicalize(hard) ?? '')
    .digest('hex');
}

/** A seed of 32 bits for one take, from the project's seed, the step and the ordinal. */
export function seedFor(seed: number, stepId: string, ordinal: number): number {
  return createHash('sha256').update(`${seed}/${stepId}/${ordinal}`).digest().readUInt32BE(0);
}
