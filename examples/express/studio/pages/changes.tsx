import { useMemo, useState } from 'react';
import type { Model } from 'vidpipe/client';
import type { ProjectView } from 'vidpipe';
import { api } from '../lib/api.ts';
import { type ChangesDraft, changesOf, type Files, NO_CHANGES, ordered } from '../lib/changes-draft.ts';
import { titleOf } from '../lib/format.ts';
import { Link } from '../lib/router.tsx';
import { useLoad } from '../lib/use-load.ts';
import { useProject } from '../lib/use-project.ts';
import { useStored } from '../lib/use-stored.ts';
import { ChangePlan } from '../parts/change-plan.tsx';
import { AddFields, SettingFields } from '../parts/change-settings.tsx';
import { SceneEditor } from '../parts/scene-editor.tsx';
import { Loading, Problem } from '../parts/told.tsx';

interface EditorProps {
  readonly project: ProjectView;
  readonly models: readonly Model[];
}

function Editor({ project, models }: EditorProps) {
  const [draft, change, clear] = useStored<ChangesDraft>(`changes/${project.id}`, NO_CHANGES);
  const [files, setFiles] = useState<Files>({});
  const scenes = ordered(project, draft);
  const changes = useMemo(() => changesOf(project, draft), [project, draft]);
  const reset = (): void => (clear(), setFiles({}));
  return (
    <div className="columns">
      <div>
        <ol className="scenes" aria-label="Scenes">
          {scenes.map((scene, at) => (
            <SceneEditor
              key={scene.id}
              {...{ project, models, scene, at, draft, change, files, setFiles }}
              order={scenes.map(({ id }) => id)}
            />
          ))}
        </ol>
        <AddFields draft={draft} change={change} />
        <SettingFields project={project} models={models} draft={draft} change={change} />
      </div>
      <div className="side">
        <ChangePlan project={project} changes={changes} files={files} reset={reset} />
      </div>
    </div>
  );
}

const loadModels = () => api.models();

/** What is to be different in a film, and what that takes. */
export function ChangesPage({ id }: { readonly id: string }) {
  const { project, error } = useProject(id);
  const models = useLoad(loadModels);
  if (project === null) return error === null ? <Loading /> : <Problem error={error} />;
  const title = titleOf(project.settings.prompt);
  return (
    <>
      <title>{`Change ${title} · vidpipe studio`}</title>
      <p>
        <Link to={`/projects/${id}`}>← {title}</Link>
      </p>
      <h1>Changes</h1>
      <Problem error={models.error ?? error} retry={models.reload} />
      <Editor project={project} models={models.data ?? []} />
    </>
  );
}
