import { z } from 'zod';

/** Any text but half of a pair of code units: such a text has no UTF-8, no canonical form and so no fingerprint. */
export const wellFormed = () =>
  z.string().refine((text) => text.isWellFormed(), 'expected whole characters, got half of a pair (a lone surrogate)');
