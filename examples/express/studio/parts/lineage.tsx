import { useCallback } from 'react';
import type { ProjectStatus, ProjectView } from 'vidpipe';
import { familyOf } from '../lib/family.ts';
import { titleOf } from '../lib/format.ts';
import { Link } from '../lib/router.tsx';
import { useLoad } from '../lib/use-load.ts';
import { StatusChip } from './told.tsx';

/** Which films came from which. */
export function Lineage({ project }: { readonly project: ProjectView }) {
  const { id, status } = project;
  // The family is looked for anew when this film comes to rest, not at each event.
  const load = useCallback(() => familyOf(project), [id, status]);
  const { data } = useLoad(load);
  if (data === null || data.length < 2) return null;
  return (
    <section className="panel" aria-labelledby="lineage">
      <h2 id="lineage">Lineage</h2>
      <ul className="lineage">
        {data.map((member) => (
          <li key={member.id} data-depth={Math.min(member.depth, 6)}>
            {member.id === id ? (
              <strong aria-current="true">This film</strong>
            ) : (
              <Link to={`/projects/${member.id}`}>{titleOf(member.prompt, 40)}</Link>
            )}
            <StatusChip status={member.status as ProjectStatus} />
          </li>
        ))}
      </ul>
    </section>
  );
}
