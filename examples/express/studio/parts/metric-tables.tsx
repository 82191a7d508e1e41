import type { ReactNode } from 'react';
import type { Limits, Metrics, ModelDay } from 'vidpipe';
import { seconds, usd, when } from '../lib/format.ts';

interface TableProps {
  readonly title: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly [key: string, ...cells: ReactNode[]])[];
}

/** Rows under their heads; the first cell names the row. */
function Table({ title, heads, rows }: TableProps) {
  if (rows.length === 0) return null;
  return (
    <section className="panel">
      <h2>{title}</h2>
      {/* What scrolls must be reached by keyboard */}
      <div className="table" role="region" aria-label={title} tabIndex={0}>
        <table>
          <thead>
            <tr>
              {heads.map((head) => (
                <th key={head} scope="col">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(([key, ...cells]) => (
              <tr key={key}>
                <th scope="row">{key}</th>
                {cells.map((cell, at) => (
                  // Columns have no other name.
                  <td key={at}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function grouped(days: readonly ModelDay[], by: (day: ModelDay) => string): [string, ModelDay[]][] {
  const groups = new Map<string, ModelDay[]>();
  for (const each of days) groups.set(by(each), [...(groups.get(by(each)) ?? []), each]);
  return [...groups];
}

const sum = (days: readonly ModelDay[], of: (day: ModelDay) => number): number =>
  days.reduce((total, day) => total + of(day), 0);

/** Money by day. */
export function DaysTable({ metrics: { days } }: { readonly metrics: Metrics }) {
  const byDay = grouped(days, ({ day }) => day)
    .map(([day, of]) => ({ day, charged: sum(of, ({ charged }) => charged), clips: sum(of, (each) => each.seconds) }))
    .toSorted((one, other) => other.day.localeCompare(one.day));
  const most = Math.max(...byDay.map(({ charged }) => charged));
  return (
    <Table
      title="Days"
      heads={['Day', 'Spent', 'Clips', 'Compared']}
      rows={byDay.map(({ day, charged, clips }) => [
        day,
        usd(charged),
        seconds(clips),
        <meter key="meter" min={0} max={most || 1} value={charged} aria-label={`Spent on ${day}: ${usd(charged)}`} />,
      ])}
    />
  );
}

/** What each model did, what it cost and how long it took. */
export function ModelsTable({ metrics: { days, durations } }: { readonly metrics: Metrics }) {
  const calls = (of: readonly ModelDay[], fate: keyof ModelDay['calls']) => sum(of, (day) => day.calls[fate]);
  return (
    <Table
      title="Calls by model"
      heads={['Model', 'Succeeded', 'Blocked', 'Failed', 'Unknown', 'Spent', 'Half take', '9 of 10 take']}
      rows={grouped(days, ({ model }) => model).map(([model, of]) => {
        const took = durations[of[0]?.model ?? 'none:'];
        return [
          model,
          calls(of, 'succeeded'),
          calls(of, 'blocked'),
          calls(of, 'failed') + calls(of, 'rejected'),
          calls(of, 'unknown'),
          usd(sum(of, ({ charged }) => charged)),
          took === undefined ? '–' : seconds(took.p50),
          took === undefined ? '–' : seconds(took.p90),
        ];
      })}
    />
  );
}

interface CountsProps {
  readonly title: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly names?: Readonly<Record<string, string>>;
}

/** How many of each. */
export function Counts({ title, counts, names = {} }: CountsProps) {
  return (
    <Table
      title={title}
      heads={[title, 'How many']}
      rows={Object.entries(counts).map(([name, amount]) => [names[name] ?? name, amount])}
    />
  );
}

/** How close models are to their limits, in the server's process. */
export function LimitsTable({ limits: { models } }: { readonly limits: Limits }) {
  return (
    <Table
      title="Limits"
      heads={['Model', 'At work', 'In line', 'At once', 'This minute', 'Last told to slow down']}
      rows={models.map(({ model, running, queued, limit, usedThisMinute, lastRateLimitedAt }) => [
        model,
        running,
        queued,
        limit.concurrency,
        limit.perMinute === null ? usedThisMinute : `${usedThisMinute} of ${limit.perMinute}`,
        lastRateLimitedAt === null ? 'never' : when(lastRateLimitedAt),
      ])}
    />
  );
}
