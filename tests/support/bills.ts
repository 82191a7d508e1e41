import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One entry of the simulated service's own billing record, as far as tests look at it. */
export interface Bill {
  readonly callId: string;
  readonly model: string;
  readonly microUsd: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** What the service in the folder `dir` says that it bills, oldest first. */
export function readBills(dir: string): readonly Bill[] {
  const folder = join(dir, 'bills');
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  const bills = names.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Bill);
  return bills.sort((a, b) => a.at - b.at || a.microUsd - b.microUsd);
}
