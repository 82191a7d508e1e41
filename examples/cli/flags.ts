import { type CommandName, COMMANDS } from './command-list.ts';

export { type CommandName, COMMANDS };

/** How a flag is read, and shown in the help. */
export interface Flag {
  readonly type: 'string' | 'boolean';
  /** What stands for its value in the help. */
  readonly shows?: string;
  readonly multiple?: true;
  /** Commands that take it. @default all */
  readonly on?: readonly CommandName[];
  readonly help: string;
}

const onNew = ['generate', 'demo'] as const;
const onChange = ['plan', 'revise', 'fork'] as const;
/** Settings that can be changed later. */
const on = [...onNew, ...onChange] as const;

/** All but `demo`, which must never reach a model that costs money. */
const onReal = (Object.keys(COMMANDS) as CommandName[]).filter((name) => name !== 'demo');

/** Every flag, as `--help` lists it. */
export const FLAGS = {
  style: { type: 'string', shows: 'WORDS', on, help: 'style of the film (default: cinematic)' },
  ratio: { type: 'string', shows: 'RATIO', on, help: '16:9 or 9:16 (default: 16:9)' },
  resolution: { type: 'string', shows: 'LINES', on, help: '720p, 1080p or 4k, as the video model can (default: 720p)' },
  duration: { type: 'string', shows: 'SECONDS', on: onNew, help: 'length of the film (default: 24; demo: 12)' },
  'clip-duration': { type: 'string', shows: 'SECONDS', on, help: 'wished length of a clip (default: near 6)' },
  'text-model': { type: 'string', shows: 'MODEL', multiple: true, on, help: 'model that writes; repeat it for a list' },
  'image-model': { type: 'string', shows: 'MODEL', multiple: true, on, help: 'model that draws; repeat it for a list' },
  'video-model': { type: 'string', shows: 'MODEL', multiple: true, on, help: 'model for clips; repeat it for a list' },
  audio: { type: 'boolean', on, help: 'with sound; --no-audio: silent (default: as the model can)' },
  seed: { type: 'string', shows: 'NUMBER', on, help: '0 to 4294967295 (default: drawn; demo: 7)' },
  'negative-prompt': { type: 'string', shows: 'WORDS', on, help: 'what pictures must not show (default: by style)' },
  reference: {
    type: 'string',
    shows: 'NAME=PATH[:KIND]',
    multiple: true,
    on,
    help: 'a picture of a character (default), place, object or style',
  },
  transition: {
    type: 'string',
    shows: 'KIND[:SECONDS]',
    on: [...on, 'stitch'],
    help: 'how clips are joined: cut, or fade:0.5 (default: cut)',
  },
  takes: {
    type: 'string',
    shows: 'NUMBER',
    on,
    help: 'candidates of each clip, 1 to 4; the newest is used, or what --select names (default: 1)',
  },
  storyboard: {
    type: 'string',
    shows: 'FILE',
    on: onNew,
    help: 'your own storyboard (JSON) in place of a written one',
  },
  budget: { type: 'string', shows: 'DOLLARS', on, help: 'most that may be spent (default: no limit)' },
  'max-scenes': { type: 'string', shows: 'NUMBER', on, help: 'most scenes (default: 50)' },
  'max-calls': { type: 'string', shows: 'NUMBER', on, help: 'most billable calls (default: 3 times the plan)' },
  account: {
    type: 'string',
    shows: 'NAME',
    on: [...on, 'list', 'import', 'metrics'],
    help: 'account whose pool is drawn on; filters list and metrics',
  },
  label: {
    type: 'string',
    shows: 'KEY=VALUE',
    multiple: true,
    on: [...on, 'list'],
    help: 'your own keys; filter list',
  },
  gate: {
    type: 'string',
    shows: 'GATE',
    multiple: true,
    on,
    help: 'wait for `approve` at plan, storyboard, keyframes or clips; repeat it for several',
  },
  option: {
    type: 'string',
    shows: 'PROVIDER.KEY=VALUE',
    multiple: true,
    on,
    help: 'an option of one provider; JSON or plain text',
  },
  'on-unknown': {
    type: 'string',
    shows: '[KIND=]WHAT',
    multiple: true,
    on,
    help: 'lost calls of text, image or video: ask, resubmit or fail',
  },
  apply: { type: 'string', shows: 'HOW', on: onChange, help: 'other settings change all, or only what is missing' },
  edit: {
    type: 'string',
    shows: 'SCENE.FIELD=WORDS',
    multiple: true,
    on: onChange,
    help: 'other words, cast, length or entry of a scene (1, 2, ... or its id)',
  },
  remove: { type: 'string', shows: 'SCENE', multiple: true, on: onChange, help: 'take a scene out' },
  move: {
    type: 'string',
    shows: 'SCENE=SCENE',
    multiple: true,
    on: onChange,
    help: 'put it before another one, or `end`',
  },
  add: { type: 'string', shows: 'NUMBER|FILE', on: onChange, help: 'more scenes to be written, or your own (JSON)' },
  before: { type: 'string', shows: 'SCENE', on: onChange, help: 'the scene that they come before (default: the end)' },
  direction: { type: 'string', shows: 'WORDS', on: onChange, help: 'what happens in them' },
  retake: {
    type: 'string',
    shows: 'SCENE:PART',
    multiple: true,
    on: onChange,
    help: 'one more take of start, end or clip',
  },
  select: {
    type: 'string',
    shows: 'SCENE:TAKE',
    multiple: true,
    on: onChange,
    help: 'use this take; `show` lists them',
  },
  supply: {
    type: 'string',
    shows: 'SCENE:PART=FILE',
    multiple: true,
    on: onChange,
    help: 'your own start, end or clip',
  },
  keep: {
    type: 'string',
    shows: 'SCENE:PART',
    multiple: true,
    on: onChange,
    help: 'leave it as it is, whatever else changes',
  },
  rewrite: { type: 'string', shows: 'SCENE|all', multiple: true, on: onChange, help: 'have its words written anew' },
  continuity: { type: 'string', shows: 'HOW', on: onChange, help: 'after a new frame: repair, redraw or leave' },
  yes: { type: 'boolean', on: [...onNew, 'approve'], help: 'do not ask before spending' },
  partial: {
    type: 'boolean',
    on: [...onNew, 'resume'],
    help: 'buy what fits the budget, also where that is not all (default: nothing)',
  },
  'retry-refused': { type: 'boolean', on: ['resume'], help: 'take up steps again that a content filter refused' },
  drain: { type: 'boolean', on: ['stop'], help: 'let clips that run come to their end first' },
  'open-calls': {
    type: 'string',
    shows: 'WHAT',
    on: ['fork'],
    help: 'steps that the parent is still paying for: wait or buy (default: wait)',
  },
  force: {
    type: 'boolean',
    on: ['delete', 'archive'],
    help: 'also with open calls: each then counts as charged in full',
  },
  'older-than': {
    type: 'string',
    shows: 'SECONDS',
    on: ['sweep'],
    help: 'age of bytes that are freed (default: 86400); 0 while nothing else runs',
  },
  'max-bytes': { type: 'string', shows: 'NUMBER', on: ['sweep'], help: 'free only down to this size, oldest first' },
  csv: { type: 'boolean', on: ['ledger'], help: 'as CSV, money in millionths of a dollar' },
  bill: {
    type: 'string',
    shows: 'FILE',
    on: ['verify'],
    help: 'a bill as CSV with the columns call and usd or micro_usd',
  },
  from: { type: 'string', shows: 'DAY', on: ['metrics'], help: 'only projects made since, such as 2026-11-01' },
  to: { type: 'string', shows: 'DAY', on: ['metrics'], help: 'only projects made before' },
  status: { type: 'string', shows: 'STATUS', on: ['list'], help: 'only projects of this status' },
  out: { type: 'string', shows: 'FOLDER', help: 'where films and projects live (VIDPIPE_OUT; default: out)' },
  events: { type: 'string', shows: 'FILE', help: 'SQLite database (VIDPIPE_EVENTS; default: OUT/vidpipe.db)' },
  assets: { type: 'string', shows: 'FOLDER', help: 'store of all bytes (VIDPIPE_ASSETS; default: OUT/assets)' },
  provider: {
    type: 'string',
    shows: 'NAME|FILE',
    multiple: true,
    on: onReal,
    help: 'simulated, google, or a module that exports `provider` (VIDPIPE_PROVIDER)',
  },
  speed: { type: 'string', shows: 'NUMBER', help: 'how much faster than life fake clips are (VIDPIPE_SPEED; 20)' },
  json: { type: 'boolean', help: 'one JSON value per line on standard output' },
  help: { type: 'boolean', help: 'this text' },
} as const satisfies Readonly<Record<string, Flag>>;
