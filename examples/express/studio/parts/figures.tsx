import type { ReactNode } from 'react';

interface FiguresProps {
  readonly label: string;
  readonly items: readonly (readonly [name: string, value: ReactNode])[];
}

/** Names with their values. */
export function Figures({ label, items }: FiguresProps) {
  return (
    <dl className="figures" aria-label={label}>
      {items.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
