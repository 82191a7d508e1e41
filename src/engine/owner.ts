import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { itemAt } from '../project/item-at.ts';

/** Where pids mean the same: one boot, and one pid namespace of it, since containers see each other's processes not at all. */
function machineId(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot}.${readlinkSync('/proc/self/ns/pid').replaceAll(/\D/g, '')}`;
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
  return [machineId(), process.pid, startTime(process.pid) ?? 'unknown', randomUUID().slice(0, 8)].join('/');
}

/** Whether an owner is certainly dead: of this machine, and its process is gone or another one. */
export function isProvenDead(owner: string): boolean {
  const [boot, pid, started] = owner.split('/');
  if (boot === 'unknown' || boot !== machineId() || started === 'unknown') return false;
  return startTime(Number(pid)) !== started;
}
