import type { Asset, ProjectScene, ProjectStep, ProjectView } from 'vidpipe';
import { api } from '../lib/api.ts';
import type { Notes } from '../lib/feed.ts';
import { percent, seconds } from '../lib/format.ts';
import { isBlocked, partOf, STEP_NAMES, stepsOf } from '../lib/scenes.ts';
import { Words } from './words.tsx';

interface ScenesProps {
  readonly project: ProjectView;
  readonly notes: Notes;
  readonly progress: Readonly<Record<string, number>>;
}

interface FrameProps {
  readonly project: ProjectView;
  readonly asset: Asset | null;
  readonly name: string;
}

function Frame({ project, asset, name }: FrameProps) {
  return (
    <figure>
      <div className="frame" data-ratio={project.settings.ratio}>
        {asset === null || isBlocked(project, asset) ? null : (
          <img src={api.assetUrl(project.id, asset.digest)} alt={name} loading="lazy" />
        )}
      </div>
      <figcaption>{name}</figcaption>
    </figure>
  );
}

function Clip({ project, scene }: { readonly project: ProjectView; readonly scene: ProjectScene }) {
  const { clip, start } = scene;
  const poster = start === null || isBlocked(project, start) ? {} : { poster: api.assetUrl(project.id, start.digest) };
  return (
    <figure>
      <div className="frame" data-ratio={project.settings.ratio}>
        {clip === null || isBlocked(project, clip) ? null : (
          <video
            key={clip.digest}
            controls
            playsInline
            preload="none"
            aria-label="Clip"
            src={api.assetUrl(project.id, clip.digest)}
            {...poster}
          />
        )}
      </div>
      <figcaption>Clip, {seconds(scene.seconds)}</figcaption>
    </figure>
  );
}

interface StepLineProps {
  readonly step: ProjectStep;
  readonly note: string | undefined;
  readonly progress: number | undefined;
}

function StepLine({ step, note, progress }: StepLineProps) {
  const { status, held } = step;
  const name = partOf(step);
  return (
    <li data-step={status}>
      <span>{name}</span>
      <span className="state">{held === 'supplied' ? 'your own' : STEP_NAMES[status]}</span>
      {status === 'running' ? (
        <progress aria-label={`${name}: progress`} {...(progress === undefined ? {} : { value: progress, max: 1 })} />
      ) : null}
      {progress === undefined || status !== 'running' ? null : <span>{percent(progress)}</span>}
      {note === undefined || status === 'completed' ? null : <p className="note">{note}</p>}
    </li>
  );
}

function SceneCard({ project, scene, at, notes, progress }: ScenesProps & { scene: ProjectScene; at: number }) {
  return (
    <li className="scene" aria-label={`Scene ${at + 1}`}>
      <h3>
        Scene {at + 1}
        {scene.skipped ? <span className="chip">left out</span> : null}
      </h3>
      <p>{scene.description}</p>
      <div className="frames">
        <Frame project={project} asset={scene.start} name="First frame" />
        <Clip project={project} scene={scene} />
        <Frame project={project} asset={scene.end} name="Last frame" />
      </div>
      <ul className="steps">
        {stepsOf(project, scene).map((step) => (
          <StepLine key={step.id} step={step} note={notes[step.id]} progress={progress[step.id]} />
        ))}
      </ul>
      <Words scene={scene} />
    </li>
  );
}

/** Every scene with what has been made of it. */
export function Scenes(props: ScenesProps) {
  const { scenes, steps } = props.project;
  const writer = steps.find(({ kind }) => kind === 'storyboard');
  const note = writer === undefined ? undefined : props.notes[writer.id];
  return (
    <section aria-labelledby="scenes">
      <h2 id="scenes">Scenes</h2>
      {scenes.length === 0 ? (
        <p className="hint">
          The scenes are {writer?.status === 'running' ? 'being written' : 'not written yet'}. {note}
        </p>
      ) : null}
      <ol className="scenes">
        {scenes.map((scene, at) => (
          <SceneCard key={scene.id} {...props} scene={scene} at={at} />
        ))}
      </ol>
    </section>
  );
}
