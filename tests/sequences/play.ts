import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Changes, isVidpipeError, type Pipeline, type Plan, type Project, type RunResult } from 'vidpipe';
import { ACCOUNT, Family, FOLDER, type Tried } from './family.ts';
import { changesOf, reverseOf, sameAgain } from './kinds.ts';
import type { Act, Beside, Program, Wish } from './program.ts';

type Of<D extends Act['do']> = Extract<Act, { readonly do: D }>;

/** Acts that do nothing to the project that they are of. */
const OF_OTHERS: readonly Act['do'][] = ['fork', 'export and import'];
/** Runs until nothing can change any more. */
const LAST_ROUNDS = 14;

/** How a program went. */
export interface Sequence {
  readonly violations: readonly string[];
  /** What was met, by name. */
  readonly met: ReadonlyMap<string, number>;
}

/** Plays one program in a world of its own, and holds every project against all that is promised, at each rest. */
export async function play(program: Program): Promise<Sequence> {
  const family = new Family(program);
  try {
    await family.world.clock.run(new Player(family).play());
  } catch (error) {
    family.wrong.push(`the program ended with ${error instanceof Error ? error.stack : String(error)}`);
  } finally {
    await family.world.end();
  }
  const { wrong: violations, met, world } = family;
  for (const [name, count] of world.happened)
    if (name !== 'crash' && name !== 'crash in recovery') met.set(name, count);
  return { violations, met };
}

/** What of a plan is the same for the same changes, whoever mints the ids. A fork has neither the words to write, nor approvals, nor what is of no use to it. */
function essence({ calls, seconds, cost, gate, steps }: Plan, isFork: boolean): string {
  const made = steps.filter(({ sceneId, id }) => sceneId !== null && !id.includes('unwritten'));
  const action = (step: Plan['steps'][number]): string => (isFork && step.action === 'remake' ? 'make' : step.action);
  return JSON.stringify({
    calls,
    seconds,
    cost,
    gate: isFork ? null : gate,
    steps: made.map((step) => `${step.kind} ${action(step)} ${step.takes}`),
  });
}

/** How something was refused, or `null`. */
function refusal(tried: Tried<unknown>): string | null {
  if (tried.how !== 'failed') return null;
  return isVidpipeError(tried.error)
    ? JSON.stringify([tried.error.code, tried.error.details['issues']])
    : String(tried.error);
}

class Player {
  readonly #family: Family;
  /** A project was deleted while it had calls that nobody could tell of. */
  #forced = false;

  constructor(family: Family) {
    this.#family = family;
  }

  async play(): Promise<void> {
    const family = this.#family;
    const { how } = await family.attempt((pipeline) => pipeline.create(family.settings()));
    if (how !== 'done') throw new Error('the first project was not created');
    await family.see('create', []);
    for (const act of family.program.acts) {
      if (family.living.length === 0 || family.wrong.length > 0) break;
      family.meets(act.do);
      const id = family.living[act.of % family.living.length]!;
      await this.#act(act, id);
      const collects = act.do === 'collect' || (act.do === 'run' && act.beside.some((each) => each.do === 'collect'));
      await family.see(act.do, collects ? family.living : OF_OTHERS.includes(act.do) ? [] : [id]);
    }
    if (family.wrong.length === 0) await this.#finish();
  }

  async #act(act: Act, id: string): Promise<void> {
    const family = this.#family;
    switch (act.do) {
      case 'run':
        await this.#run(id, act);
        break;
      case 'change':
        await this.#change(id, act);
        break;
      case 'fork':
        await this.#fork(id, act);
        break;
      case 'two editors':
        await this.#twoEditors(id, act);
        break;
      case 'revert':
        await this.#revert(id, act);
        break;
      case 'no change':
        await this.#sameAgain(id);
        break;
      case 'approve':
        await this.#approve(id);
        break;
      case 'stop':
        this.#expect(act.do, await family.attempt((pipeline) => pipeline.stop(id)), 'invalid-change');
        break;
      case 'collect':
        this.#expect(act.do, await family.attempt((pipeline) => pipeline.collect()));
        break;
      case 'delete':
        await this.#delete(id, act.force);
        break;
      case 'export and import':
        await this.#copy(id);
        break;
    }
  }

  /** What is done with its result; a refusal must have one of these codes. */
  #expect<T>(what: string, tried: Tried<T>, ...codes: readonly string[]): T | null {
    if (tried.how === 'failed') this.#family.expects(what, tried.error, ...codes);
    return tried.how === 'done' ? tried.value : null;
  }

  async #run(id: string, { crashAt, beside }: Of<'run'>): Promise<void> {
    const family = this.#family;
    const { world } = family;
    const isQuiet = crashAt === null && beside.length === 0;
    const foreseen = isQuiet ? await this.#foreseen(id) : null;
    const begin = world.probes.length;
    const going: Promise<void>[] = [];
    world.onProbe = (nth) => {
      for (const each of beside) if (each.after === nth - begin) going.push(this.#beside(id, each));
    };
    const tried = await family.drive(id, {}, crashAt);
    world.onProbe = () => undefined;
    await Promise.all(going);
    if ((await family.log(id)).length === 0) return;
    if (tried.how !== 'done') return void this.#expect('run', tried, 'project-not-found', 'project-deleted');
    family.meets(`run ${tried.value.status}`);
    if (foreseen !== null) await this.#compare(id, foreseen, tried.value);
    if (going.length === 0) await family.check(id, false);
    await this.#answer(id, tried.value.project);
  }

  /** What a quiet run is going to do, where that can be told. */
  async #foreseen(
    id: string,
  ): Promise<{ readonly plan: Plan; readonly before: Project; readonly bills: number } | null> {
    const family = this.#family;
    const before = await family.get(id);
    const logs = await family.log(id);
    const rewrites = logs.filter(({ type, body }) => type === 'scenes.requested' && body.rewrites !== undefined).length;
    // Words that are written anew may begin a scene in another way.
    const rewriting = logs.filter(({ type }) => type === 'scenes.rewritten').length < rewrites;
    const open =
      rewriting || before.money.held + before.money.unknown > 0 || logs.some(({ type }) => type === 'remedy.applied');
    if (open || before.status === 'interrupted' || family.program.modelFaults.length > 0) return null;
    const planned = await family.untouched('a plan', () => family.attempt((pipeline) => pipeline.plan(id)));
    const plan = this.#expect('plan', planned);
    return plan && { plan, before, bills: family.billsOf(id).length };
  }

  /** What was bought and reused is what was planned. */
  async #compare(
    id: string,
    { plan, before, bills }: { readonly plan: Plan; readonly before: Project; readonly bills: number },
    { status, project }: RunResult,
  ): Promise<void> {
    const family = this.#family;
    const waits = before.parent !== null && (await family.log(id)).some(({ type }) => type === 'parent.reported');
    if (status !== 'completed' || waits) return;
    family.meets('as planned');
    const say = (what: string): void => void family.wrong.push(`plan: ${what}`);
    const bought = family.billsOf(id).length - bills;
    if (bought !== plan.calls) say(`${plan.calls} calls were planned, ${bought} made`);
    const paid = project.money.charged - before.money.charged;
    if (plan.cost.exact && paid !== plan.cost.expected) say(`${plan.cost.expected} was planned, ${paid} paid`);
    const after = new Map(project.steps.map((step) => [step.id, step.asset?.digest]));
    const was = new Map(before.steps.map((step) => [step.id, step.asset?.digest]));
    for (const { id: stepId, action, kind } of plan.steps) {
      if (kind !== 'keyframe' && kind !== 'clip') continue;
      const isSame = after.get(stepId) === was.get(stepId);
      if (action === 'reuse' && !isSame) say(`${stepId} was to be reused, and is another`);
      if (action === 'remake' && isSame) say(`${stepId} was to be made again, and is the same`);
    }
  }

  /** What somebody does while a run is on. */
  async #beside(id: string, act: Beside): Promise<void> {
    const family = this.#family;
    family.meets(`in mid-run: ${act.do}`);
    if (act.do === 'change') return this.#wish(id, act.wish);
    const tried = await family.attempt(async (pipeline) => {
      if (act.do === 'fork')
        return family.fork(pipeline, id, changesOf(await pipeline.get(id), act.wish) ?? {}, act.openCalls);
      if (act.do === 'second driver') return pipeline.run(id);
      if (act.do === 'collect') return pipeline.collect();
      if (act.do === 'delete') return pipeline.delete(id);
      if (act.do === 'approve') return pipeline.approve(id, 'clips', (await pipeline.plan(id)).digest);
      if (act.do === 'block') return this.#block(pipeline, id, act.after);
      return pipeline.stop(id, { drain: act.do === 'drain' });
    });
    this.#expect(
      act.do,
      tried,
      'invalid-change',
      'lease-held',
      'open-calls',
      'stale-plan',
      'project-not-found',
      'project-deleted',
      'seq-conflict',
    );
  }

  async #block(pipeline: Pipeline, id: string, nth: number): Promise<unknown> {
    const shown = (await pipeline.get(id)).steps.flatMap(({ kind, asset }) =>
      kind !== 'film' && asset !== null ? [asset.digest] : [],
    );
    const digest = shown[nth % Math.max(1, shown.length)];
    return digest === undefined ? null : pipeline.block(id, digest, 'not this');
  }

  async #wish(id: string, wish: Wish): Promise<void> {
    this.#meetsWish(wish);
    const tried = await this.#family.attempt(async (pipeline) => {
      const changes = changesOf(await pipeline.get(id), wish);
      return changes && pipeline.revise(id, changes);
    });
    this.#expect(`a change (${wish.kind})`, tried, 'invalid-change', 'project-not-found', 'project-deleted');
  }

  #meetsWish({ kind, also }: Wish): void {
    for (const each of [kind, ...(also === null ? [] : [also])]) this.#family.meets(`change: ${each}`);
  }

  async #change(id: string, { wish, crashAt }: Of<'change'>): Promise<void> {
    const changes = changesOf(await this.#family.get(id), wish);
    if (changes === null) return;
    this.#meetsWish(wish);
    await this.#planned(id, changes, crashAt, (pipeline) => pipeline.revise(id, changes));
  }

  async #fork(id: string, { wish, openCalls, crashAt }: Of<'fork'>): Promise<void> {
    const family = this.#family;
    const changes = changesOf(await family.get(id), wish) ?? {};
    this.#meetsWish(wish);
    await this.#planned(id, changes, crashAt, (pipeline) => family.fork(pipeline, id, changes, openCalls));
  }

  /** A change that is planned before, by the same process: what the plan says stands when it is made, and where one is refused, so is the other. */
  async #planned(
    id: string,
    changes: Changes,
    crashAt: number | null,
    make: (pipeline: Pipeline) => Promise<Project>,
  ): Promise<void> {
    const family = this.#family;
    const editor = family.world.spawn();
    const planned = await family.untouched('a plan of changes', () =>
      family.attempt((pipeline) => pipeline.plan(id, changes), null, editor),
    );
    this.#expect('a plan of changes', planned, 'invalid-change');
    const before = JSON.stringify(await family.log(id));
    const { held, unknown } = (await family.get(id)).money;
    const tried = await family.attempt(make, crashAt, editor);
    this.#expect(`changes ${JSON.stringify(changes)}`, tried, 'invalid-change');
    if (tried.how === 'crashed') return;
    if (tried.how === 'failed' && JSON.stringify(await family.log(id)) !== before)
      family.wrong.push('a refused change has changed the log');
    if (refusal(planned) !== refusal(tried))
      family.wrong.push(`plan: it is refused as ${refusal(planned)}, the change as ${refusal(tried)}`);
    // Of a step whose call is open, a fork that buys it has none.
    const isFork = tried.how === 'done' && tried.value.id !== id;
    if (planned.how !== 'done' || tried.how !== 'done' || (isFork && held + unknown > 0)) return;
    const now = await family.attempt((pipeline) => pipeline.plan(tried.value.id));
    const [wanted, is] = [essence(planned.value, isFork), now.how === 'done' ? essence(now.value, isFork) : now.how];
    if (is !== wanted) family.wrong.push(`plan: ${wanted} was planned for ${JSON.stringify(changes)}, ${is} is to do`);
  }

  /** Two who look at the same film change it at once; an approval of what they saw is stale when the film is another one then. */
  async #twoEditors(id: string, { one, other, crashAt }: Of<'two editors'>): Promise<void> {
    const family = this.#family;
    const seen = await family.get(id);
    const { digest } = await family.world.spawn().pipeline.plan(id);
    const wanted = [one, other].map((wish) => changesOf(seen, wish) ?? {});
    for (const wish of [one, other]) this.#meetsWish(wish);
    const both = await Promise.all(
      wanted.map((changes, nth) =>
        family.attempt((pipeline) => pipeline.revise(id, changes), nth === 0 ? crashAt : null),
      ),
    );
    for (const tried of both) this.#expect('one of two editors', tried, 'invalid-change');
    const now = await family.get(id);
    if (both.every(({ how }) => how === 'done')) this.#bothEdited(wanted, now);
    const gate = family.program.gates[0] ?? 'plan';
    const plan = await family.world.spawn().pipeline.plan(id);
    const approved = await family.attempt((pipeline) => pipeline.approve(id, gate, digest));
    this.#expect('an approval', approved, 'stale-plan', 'invalid-change');
    if (approved.how === 'done' && plan.digest !== digest)
      family.wrong.push('an approval of a plan that is not there any more was taken');
  }

  /** Words that both have changed are those of one of them; all others those of who changed them. */
  #bothEdited(wanted: readonly Changes[], now: Project): void {
    if (wanted.some(({ rewrite, remove }) => rewrite !== undefined || remove !== undefined)) return;
    for (const { edit } of wanted)
      for (const [sceneId, words] of Object.entries(edit ?? {})) {
        const scene = now.scenes.find(({ id }) => id === sceneId);
        for (const name of Object.keys(words).filter((each) => each !== 'seconds')) {
          const values = wanted.flatMap((each) =>
            Object.entries(each.edit?.[sceneId] ?? {}).flatMap(([key, value]) =>
              key === name ? [JSON.stringify(value ?? null)] : [],
            ),
          );
          const is = JSON.stringify(scene?.[name as keyof typeof scene] ?? null);
          if (!values.includes(is)) this.#family.wrong.push(`of two editors nobody wanted ${name} to be ${is}`);
        }
      }
  }

  /** What is changed and changed back is found again: nothing is paid, and the film is the same, byte for byte. */
  async #revert(id: string, { wish, runs }: Of<'revert'>): Promise<void> {
    const family = this.#family;
    const first = await this.#completed(id);
    // What goes on after a changed frame is asked for as well where it is not `repair`, and is not undone.
    const wanted = first && changesOf(first, wish);
    if (first === null || wanted === null) return;
    const { continuity: _, ...changes } = wanted;
    const reverse = reverseOf(first, changes);
    const changed = await family.attempt((pipeline) => pipeline.revise(id, changes));
    if (this.#expect('a change to be reverted', changed, 'invalid-change') === null) return;
    this.#meetsWish(wish);
    if (runs && (await this.#completed(id)) === null) return;
    const reverted = await family.attempt((pipeline) => pipeline.revise(id, reverse));
    if (this.#expect(`the reverse ${JSON.stringify(reverse)}`, reverted) === null) return;
    const bills = family.billsOf(id).length;
    const last = await this.#completed(id);
    family.meets('reverted');
    const paid = family.billsOf(id).length - bills;
    if (paid > 0) family.wrong.push(`revert: ${paid} calls are paid for what was there (${wish.kind})`);
    if (last?.filmAsset?.digest !== first.filmAsset?.digest)
      family.wrong.push(`revert: it is another film than before (${wish.kind})`);
  }

  /** A project that is driven to its end without any fault; `null` where it has none. */
  async #completed(id: string): Promise<Project | null> {
    const family = this.#family;
    const faulty = family.program.modelFaults.length > 0;
    for (let round = 0; round < 5; round += 1) {
      const tried = await family.drive(id);
      const result = this.#expect('run', tried);
      if (result === null) return null;
      if (result.status === 'completed') return faulty ? null : result.project;
      await this.#answer(id, result.project);
    }
    return null;
  }

  /** Changes that change nothing leave the log as it is, and have nothing bought. */
  async #sameAgain(id: string): Promise<void> {
    const family = this.#family;
    const changes = sameAgain(await family.get(id));
    const tried = await family.untouched('a change that is none', () =>
      family.attempt((pipeline) => pipeline.revise(id, changes)),
    );
    this.#expect('a change that is none', tried, 'invalid-change');
  }

  async #delete(id: string, force: boolean): Promise<void> {
    const { money } = await this.#family.get(id);
    const tried = await this.#family.attempt((pipeline) => pipeline.delete(id, { force }));
    this.#expect('delete', tried, 'lease-held', 'open-calls');
    if (tried.how === 'done' && money.held + money.unknown > 0) this.#forced = true;
  }

  async #copy(id: string): Promise<void> {
    const folder = mkdtempSync(join(FOLDER, 'vidpipe-sequence-'));
    try {
      const tried = await this.#family.attempt(async (pipeline) => {
        await pipeline.export(id, join(folder, 'archive'));
        return pipeline.import(join(folder, 'archive'));
      });
      this.#expect('export and import', tried);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  async #approve(id: string): Promise<void> {
    const { waiting } = await this.#family.get(id);
    const gate = waiting?.reason === 'gate' ? waiting.gate : 'clips';
    const tried = await this.#family.attempt(async (pipeline) =>
      pipeline.approve(id, gate, (await pipeline.plan(id)).digest),
    );
    this.#expect('an approval', tried, 'invalid-change', 'stale-plan');
  }

  /** The user's part: answers what the run waits for, by the bill. */
  async #answer(id: string, { waiting }: Project): Promise<void> {
    const { world } = this.#family;
    if (waiting?.reason === 'overdue') await world.clock.sleep(5_000);
    if (waiting?.reason === 'gate') await this.#approve(id);
    if (waiting?.reason === 'unknown-charge') await this.#resolve(waiting.calls);
  }

  async #resolve(calls: readonly string[]): Promise<void> {
    for (const callId of calls) {
      const billed = this.#family.world.bills.some((bill) => bill.callId === callId);
      const answer = billed ? 'charged' : 'not-charged';
      const tried = await this.#family.attempt((pipeline) => pipeline.resolve(callId, answer));
      this.#expect('an answer', tried, 'invalid-change');
    }
  }

  /** Drives all projects to their ends without any more faults, parents first, and holds each against all that is promised. */
  async #finish(): Promise<void> {
    const family = this.#family;
    const { world } = family;
    world.calm();
    await world.clock.sleep(15_000);
    const left = new Map(family.living.map((id) => [id, 'not run']));
    for (let round = 0; round < LAST_ROUNDS && left.size > 0; round += 1)
      for (const id of left.keys()) {
        const result = this.#expect('the last run', await family.drive(id, { retry: 'refused' }));
        if (result === null) return;
        const { status, project } = result;
        const isRefused = project.error?.code === 'refused' && project.blocked.length > 0;
        left.set(id, `${status} ${JSON.stringify(project.waiting ?? project.error)}`);
        if (status === 'completed' || project.waiting?.reason === 'budget' || isRefused) left.delete(id);
        else await this.#answer(id, project);
        // A call that nobody can tell of, and that the parent does not need any more.
        if (project.waiting?.reason === 'parent') await this.#resolve(project.waiting.calls);
      }
    for (const [id, status] of left) family.wrong.push(`at the end project ${family.living.indexOf(id)} is ${status}`);
    for (const id of family.living) await family.check(id, true);
    await this.#checkAccount();
  }

  /** All projects of the family, deleted ones too, have drawn on the account what the service bills. */
  async #checkAccount(): Promise<void> {
    const { world, wrong, program } = this.#family;
    const { held, charged } = await world.stores.events.pool(`account/${ACCOUNT}`);
    const billed = world.bills.reduce((sum, { microUsd }) => sum + microUsd, 0);
    // What is lost of a call that a model has failed at may be given up, and its price is then not known.
    const doubt = this.#forced || program.asking === 'neither' || program.modelFaults.length > 0;
    if (billed > charged + held) wrong.push(`account: ${billed} is billed, ${charged} charged and ${held} held`);
    if (!doubt && (billed !== charged || held > 0))
      wrong.push(`account: ${charged} charged and ${held} held, ${billed} is billed`);
  }
}
