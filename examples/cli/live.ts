import { formatUsd, type Pipeline, type Project, type ProjectStep } from 'vidpipe';
import { type Output, oneLine } from './output.ts';

/** What shows a run while it is on. */
export interface Progress {
  /** Something that a person should know now. */
  note(text: string): void;
  /** Ends the view with the state as it is then. */
  end(): Promise<void>;
}

const MARKS = { pending: '·', ready: '·', running: '▸', completed: '█', failed: '✗', refused: '⊘' } as const;
const BAR = 10;
/** Text that is too long is cut by the terminal: wrapped lines could not be drawn over. */
const WRAP_OFF = '\x1b[?7l';
const WRAP_ON = '\x1b[?7h';
const REDRAW_MS = 200;

type Ticks = ReadonlyMap<string, number | null>;

function clipBar({ id, status }: ProjectStep, ticks: Ticks): string {
  if (status !== 'running') return MARKS[status].repeat(BAR);
  const done = ticks.get(id);
  if (done === undefined || done === null) return MARKS.running.padEnd(BAR, MARKS.pending);
  return MARKS.completed
    .repeat(Math.floor(done * BAR))
    .padEnd(BAR, '▸·'.repeat(BAR))
    .slice(0, BAR);
}

function sceneRow(project: Project, index: number, ticks: Ticks): string {
  const scene = project.scenes[index];
  const own = project.steps.filter(({ sceneId }) => sceneId === scene?.id);
  const clip = own.find(({ kind }) => kind === 'clip');
  const frames = own.filter((step) => step !== clip).map(({ status }) => MARKS[status]);
  const bar = clip === undefined ? '' : clipBar(clip, ticks);
  return `  ${String(index + 1).padStart(3)} ${frames.join('').padStart(2)} ${bar} ${oneLine(scene?.description ?? '', 60)}`;
}

/** Places of the scenes that fit: the first that is not done, and those around it. */
function shownScenes(project: Project, most: number): readonly number[] {
  const open = project.steps.find(({ kind, status }) => kind === 'clip' && status !== 'completed')?.sceneId;
  const first = Math.max(0, open === undefined ? 0 : project.scenes.findIndex(({ id }) => id === open) - 1);
  const from = Math.max(0, Math.min(first, project.scenes.length - most));
  return project.scenes.map((_, index) => index).slice(from, from + most);
}

/** The lines of the view. `rows` is the height of the terminal. */
export function viewLines(project: Project, ticks: Ticks, seconds: number, rows: number): string[] {
  const others = project.steps.filter(({ sceneId }) => sceneId === null);
  const scenes = shownScenes(project, Math.max(1, rows - 5));
  const hidden = project.scenes.length - scenes.length;
  const done = project.steps.filter(({ status }) => status === 'completed').length;
  const { charged, held } = project.money;
  return [
    `  ${others.map(({ kind, status }) => `${kind} ${MARKS[status]}`).join('   ')}`,
    ...scenes.map((index) => sceneRow(project, index, ticks)),
    ...(hidden === 0 ? [] : [`      and ${hidden} more scenes`]),
    `  ${done} of ${project.steps.length} steps, ${formatUsd(charged)} charged, ${formatUsd(held)} held, ${seconds} s`,
  ];
}

/** A view on a terminal that draws over itself. */
export class LiveView implements Progress {
  readonly #pipeline: Pipeline;
  readonly #id: string;
  readonly #output: Output;
  readonly #ticks = new Map<string, number | null>();
  readonly #began = Date.now();
  #height = 0;
  #drawing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;

  constructor(pipeline: Pipeline, id: string, output: Output) {
    this.#pipeline = pipeline;
    this.#id = id;
    this.#output = output;
  }

  /** Begins to draw. */
  static open(pipeline: Pipeline, id: string, output: Output): LiveView {
    const view = new LiveView(pipeline, id, output);
    pipeline.on('progress', view.#tick);
    view.#next();
    return view;
  }

  readonly #tick = ({ stepId, progress }: { readonly stepId: string; readonly progress: number | null }): void => {
    this.#ticks.set(stepId, progress);
  };

  #next(): void {
    this.#timer = setTimeout(() => {
      this.#drawing = this.#draw()
        .catch(() => undefined)
        .then(() => this.#next());
    }, REDRAW_MS);
  }

  async #draw(): Promise<void> {
    const project = await this.#pipeline.get(this.#id);
    const seconds = Math.round((Date.now() - this.#began) / 1000);
    this.#over(viewLines(project, this.#ticks, seconds, process.stdout.rows));
  }

  /** Replaces the view. */
  #over(lines: readonly string[]): void {
    const back = this.#height > 0 ? `\x1b[${this.#height}A\r\x1b[J` : '';
    this.#height = lines.length;
    this.#output.write(`${back}${WRAP_OFF}${lines.map((line) => `${line}\n`).join('')}${WRAP_ON}`);
  }

  /** A line above the view. */
  note(text: string): void {
    this.#over([]);
    this.#output.say(text);
  }

  async end(): Promise<void> {
    this.#pipeline.off('progress', this.#tick);
    await this.#drawing;
    if (this.#timer !== null) clearTimeout(this.#timer);
    // A pipeline that a signal has closed tells nothing any more.
    await this.#draw().catch(() => undefined);
  }
}
