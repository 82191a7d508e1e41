import { useCallback } from 'react';
import type { Metrics } from 'vidpipe';
import { api } from '../lib/api.ts';
import { percent, seconds, STATUS_NAMES, usd } from '../lib/format.ts';
import { useLoad } from '../lib/use-load.ts';
import { useStored } from '../lib/use-stored.ts';
import { SelectField } from '../parts/field.tsx';
import { Counts, DaysTable, LimitsTable, ModelsTable } from '../parts/metric-tables.tsx';
import { Loading, Problem } from '../parts/told.tsx';

const DAY_MS = 86_400_000;
const SPANS = [
  ['', 'Ever'],
  ['1', 'The last day'],
  ['7', 'The last week'],
  ['30', 'The last 30 days'],
] as const;

const share = (value: number | null): string => (value === null ? '–' : percent(value));

function Tiles({ metrics }: { readonly metrics: Metrics }) {
  const tiles: readonly (readonly [string, string])[] = [
    ['Films', String(metrics.projects)],
    ['Spent', usd(metrics.charged)],
    ['Unknown', usd(metrics.unknown)],
    ['Calls that succeed', share(metrics.successRate)],
    ['Blocked by filters', share(metrics.blockRate)],
    ['Finished film', seconds(metrics.filmSeconds)],
    ['Clips bought', seconds(metrics.clipSeconds)],
  ];
  return (
    <dl className="tiles" aria-label="At a glance">
      {tiles.map(([name, value]) => (
        <div key={name} className="tile">
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Tables({ metrics }: { readonly metrics: Metrics }) {
  return (
    <>
      <DaysTable metrics={metrics} />
      <ModelsTable metrics={metrics} />
      <div className="tables">
        <Counts title="Status" counts={metrics.byStatus} names={STATUS_NAMES} />
        <Counts title="Style" counts={metrics.byStyle} />
        <Counts title="Shape" counts={metrics.byRatio} />
        <Counts title="Scenes" counts={metrics.byScenes} />
        <Counts title="Clip seconds" counts={metrics.byClipSeconds} />
        <Counts title="Models" counts={metrics.byModel} />
      </div>
    </>
  );
}

const loadLimits = () => api.limits();

/** What all films have taken. */
export function MetricsPage() {
  const [{ days }, change] = useStored('metrics', { days: '' });
  const load = useCallback(
    () => api.metrics(days === '' ? {} : { from: new Date(Date.now() - Number(days) * DAY_MS).toISOString() }),
    [days],
  );
  const { data, error, reload } = useLoad(load);
  const limits = useLoad(loadLimits);
  return (
    <>
      <title>Metrics · vidpipe studio</title>
      <h1>Metrics</h1>
      <div className="narrow">
        <SelectField label="Films created" value={days} options={SPANS} onChange={(span) => change({ days: span })} />
      </div>
      <Problem error={error} retry={reload} />
      {data === null && error === null ? <Loading /> : null}
      {data === null ? null : (
        <>
          <Tiles metrics={data} />
          <Tables metrics={data} />
        </>
      )}
      {limits.data === null ? null : <LimitsTable limits={limits.data} />}
    </>
  );
}
