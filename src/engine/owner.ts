import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { itemAt } from '../project/item-at.ts';

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return 'unknown';
  }
}

/** Start time of a process in clock ticks since boot, `null` when there is no such process or no way to know. */
function startTime(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return itemAt(stat.slice(stat.lastIndexOf(')') + 2).split(' '), 19);
  } catch {
    return null;
  }
}

/** A name for this process that another one on the machine can prove dead. */
export function thisOwner(): string {
  return [bootId(), process.pid, startTime(process.pid) ?? 'unknown', randomUUID().slice(0, 8)].join('/');
}

/** Whether an owner is certainly dead: same boot, and its process is gone or another one. */
export function isProvenDead(owner: string): boolean {
  const [boot, pid, started] = owner.split('/');
  if (boot === 'unknown' || boot !== bootId() || started === 'unknown') return false;
  return startTime(Number(pid)) !== started;
}
