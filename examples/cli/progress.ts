import { formatUsd, type Pipeline, type Project, type ProjectEvent } from 'vidpipe';

const MARKS = { pending: '·', ready: '·', running: '▸', completed: '█', failed: '✗', refused: '⊘' } as const;

function bar(project: Project): string {
  const done = project.steps.filter(({ status }) => status === 'completed').length;
  const rows = project.scenes.map((scene, index) => {
    const marks = project.steps.filter(({ sceneId }) => sceneId === scene.id).map(({ status }) => MARKS[status]);
    return `  ${String(index + 1).padStart(3)} ${marks.join('')} ${scene.description.slice(0, 60)}`;
  });
  return [
    ...rows,
    `  ${done} of ${project.steps.length} steps, ${formatUsd(project.money.charged)} charged, ${formatUsd(project.money.held)} held`,
  ].join('\n');
}

function line(event: ProjectEvent): string | null {
  const { body } = event;
  if (event.type === 'storyboard.written') return `storyboard: ${event.body.scenes.length} scenes`;
  if (event.type === 'call.intended') return `${event.body.stepId}: sent to ${event.body.model}`;
  if (event.type === 'call.settled') return `call ${event.body.outcome}, ${formatUsd(event.body.charged)}`;
  return 'stepId' in body ? `${event.type}: ${body.stepId}` : event.type;
}

/** Shows a run: per-scene bars on a terminal, plain lines in a pipe, events with `--json`. Returns the end of it. */
export function showProgress(pipeline: Pipeline, id: string, json: boolean): () => void {
  if (json) {
    pipeline.on('event', (event) => console.log(JSON.stringify(event)));
    return () => undefined;
  }
  if (!process.stdout.isTTY) {
    pipeline.on('event', (event) => {
      const text = line(event);
      if (text !== null) console.log(text);
    });
    return () => undefined;
  }
  let height = 0;
  const draw = async (): Promise<void> => {
    const text = bar(await pipeline.get(id));
    process.stdout.write(`${height > 0 ? `\x1b[${height}A\x1b[J` : ''}${text}\n`);
    height = text.split('\n').length;
  };
  const timer = setInterval(() => void draw().catch(() => undefined), 300);
  return () => clearInterval(timer);
}
