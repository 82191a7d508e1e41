import { it } from 'vitest';
import type { ConformanceCase } from 'vidpipe/testing';

/** Declares conformance cases as tests. */
export function declare(cases: readonly ConformanceCase[]): void {
  for (const { name, skip, run } of cases) it.skipIf(skip !== undefined)(`${name}`, run);
}
