import { readFileSync } from 'node:fs';
import {
  formatUsd,
  type Ledger,
  ledgerCsv,
  type LedgerFinding,
  type LedgerTotals,
  type MicroUsd,
  type ModelLoad,
  type TallyQuery,
} from 'vidpipe';
import type { Command, Session } from './drive.ts';
import { EXITS } from './help.ts';
import { Names } from './names.ts';
import { type Flags, UsageError } from './options.ts';
import { oneLine } from './output.ts';
import { eventsOf } from './overview.ts';

const dollars = (amount: MicroUsd | null): string => (amount === null ? 'unknown' : formatUsd(amount));

function totalsText(totals: LedgerTotals): string {
  const { superseded, ...sums } = totals;
  const parts = Object.entries(sums).map(([name, amount]) => `${formatUsd(amount)} ${name}`);
  return [...parts, `${formatUsd(superseded)} of what is charged is superseded`].join(', ');
}

async function tellLedger(
  { pipeline, output }: Session,
  { projectId, entries, totals, byModel }: Ledger,
): Promise<void> {
  const names = new Names();
  for await (const event of eventsOf(pipeline, await pipeline.get(projectId))) names.learn(event);
  for (const { callId, stepId, model, state, price, ...sums } of entries) {
    const [amount, worst] = [sums[state], price?.worst ?? null].map((each) => dollars(each).padStart(9));
    output.say(`${state.padEnd(8)} ${amount} of ${worst}  ${names.step(stepId).padEnd(20)} ${model} ${callId}`);
  }
  for (const [model, sums] of Object.entries(byModel)) output.say(`${model}: ${totalsText(sums)}`);
  output.say(`in all: ${totalsText(totals)}`);
}

const ledger: Command = async (session, { words: [id = ''], flags }) => {
  const { pipeline, output } = session;
  if (flags.csv === true && output.json) throw new UsageError('--csv: not with --json; choose one of them');
  const found = await pipeline.ledger(id);
  output.tell(found);
  if (flags.csv === true) output.write(ledgerCsv(found));
  else if (!output.json) await tellLedger(session, found);
  return EXITS.done;
};

function billOf({ bill }: Flags): { readonly bill?: string } {
  if (bill === undefined) return {};
  try {
    return { bill: readFileSync(bill, 'utf8') };
  } catch (error) {
    throw new UsageError(`--bill: ${bill} can not be read`, { cause: error });
  }
}

const findingText = ({ kind, subject, ledger: own, other }: LedgerFinding): string =>
  `${kind.padEnd(16)} ${oneLine(subject, 100)}: ${dollars(own)} in the ledger, ${dollars(other)} beside it`;

const verify: Command = async ({ pipeline, output }, { words: [id = ''], flags }) => {
  const check = await pipeline.verifyLedger(id, billOf(flags));
  const { ok, calls, charged, billed, findings } = check;
  output.tell(check);
  for (const finding of findings) output.say(findingText(finding));
  const bill = billed === null ? 'no bill was given (--bill)' : `${formatUsd(billed)} billed`;
  output.say(
    `${ok ? 'it adds up' : `${findings.length} do not add up`}: ${calls} calls, ${formatUsd(charged)} charged, ${bill}`,
  );
  return ok ? EXITS.done : EXITS.failed;
};

/** Of what and when: `--account`, `--from`, `--to`. */
function tallyOf({ account, from, to }: Flags): TallyQuery {
  for (const [name, day] of Object.entries({ from, to }))
    if (day !== undefined && Number.isNaN(Date.parse(day)))
      throw new UsageError(`--${name}: expected a day such as 2026-11-25, got ${JSON.stringify(day)}`);
  const iso = (day: string): string => new Date(day).toISOString();
  return {
    ...(account === undefined ? {} : { account }),
    ...(from === undefined ? {} : { from: iso(from) }),
    ...(to === undefined ? {} : { to: iso(to) }),
  };
}

const shareText = (share: number | null): string => (share === null ? '-' : `${Math.round(share * 100)} %`);

const metrics: Command = async ({ pipeline, output }, { flags }) => {
  const found = await pipeline.metrics(tallyOf(flags));
  output.tell(found);
  const { projects, charged, unknown, days, filmSeconds, clipSeconds, durations, ...counts } = found;
  output.say(`projects: ${projects}, ${formatUsd(charged)} charged, ${formatUsd(unknown)} unknown`);
  output.say(`${filmSeconds} s of films, ${clipSeconds} s of clips bought`);
  output.say(
    `calls that succeeded: ${shareText(counts.successRate)}, that a filter refused: ${shareText(counts.blockRate)}`,
  );
  for (const name of ['byStatus', 'byStyle', 'byRatio', 'byAudio', 'byScenes', 'byClipSeconds', 'byModel'] as const)
    for (const [what, count] of Object.entries(counts[name]))
      output.say(`${name.slice(2).padEnd(12)} ${oneLine(what, 60)}: ${count}`);
  for (const { model, day, calls, charged: cost } of days)
    output.say(
      `${day} ${model}: ${formatUsd(cost)}, ${calls.succeeded} calls succeeded, ${calls.blocked} blocked, ${calls.failed} failed`,
    );
  for (const [model, { p50, p90, samples }] of Object.entries(durations))
    output.say(`${model} takes ${p50.toFixed(1)} s, one in ten over ${p90.toFixed(1)} s (${samples} calls)`);
  return EXITS.done;
};

function loadText({ model, running, queued, usedThisMinute, limit, breaker, lastRateLimitedAt }: ModelLoad): string {
  const minute = limit.perMinute === null ? '' : `, ${usedThisMinute} of ${limit.perMinute} this minute`;
  const limited = lastRateLimitedAt === null ? '' : `, last turned away at ${lastRateLimitedAt}`;
  return `${model.padEnd(36)} ${running} of ${limit.concurrency} at once, ${queued} wait${minute}, ${breaker.state}${limited}`;
}

const limits: Command = async ({ pipeline, output }) => {
  const found = await pipeline.limits();
  output.tell(found);
  for (const load of found.models) output.say(loadText(load));
  const { running, queued, limit, accounts } = found.projects;
  output.say(`projects: ${running} of ${limit.maxActive} run at once, ${queued} wait for their turn`);
  for (const { account, ...load } of accounts)
    output.say(`projects of ${account ?? 'no account'}: ${load.running} run, ${load.queued} wait`);
  return EXITS.done;
};

/** Commands about money, counts and limits. */
export const MONEY = { ledger, verify, metrics, limits } as const;
