import type { ProjectEvent } from 'vidpipe';

/** Names that a person can read for steps and calls: learnt from the log, as it grows. */
export class Names {
  readonly #scenes: string[] = [];
  readonly #places = new Map<string, string | null>();
  readonly #steps = new Map<string, string>();

  /** Learns from an event. */
  learn({ type, body }: ProjectEvent): void {
    if (type === 'project.created') this.#add(body.supplied?.scenes ?? []);
    if (type === 'storyboard.written') this.#add(body.scenes);
    if (type === 'scenes.requested') this.#places.set(body.requestId, body.before);
    if (type === 'scenes.added') this.#add(body.scenes, this.#places.get(body.requestId));
    if (type === 'scenes.supplied') this.#add(body.scenes, body.before);
    if (type === 'scene.removed' || type === 'scene.moved') this.#scenes.splice(this.#scenes.indexOf(body.sceneId), 1);
    if (type === 'scene.moved') this.#add([{ id: body.sceneId }], body.before);
    if (type === 'call.intended') this.#steps.set(body.callId, body.stepId);
  }

  #add(scenes: readonly { readonly id: string }[], before: string | null = null): void {
    const at = before === null ? -1 : this.#scenes.indexOf(before);
    this.#scenes.splice(at < 0 ? this.#scenes.length : at, 0, ...scenes.map(({ id }) => id));
  }

  /** `scene 2 clip`, `scene 1 start frame`, `storyboard`, `film`. */
  step(stepId: string): string {
    const [kind = '', id = '', place] = stepId.split(':');
    if (kind === 'scenes') return 'words of scenes';
    const at = this.#scenes.indexOf(id);
    if (at === -1) return stepId;
    return `scene ${at + 1} ${kind === 'keyframe' ? `${place} frame` : kind}`;
  }

  /** The step that a call is for. */
  call(callId: string): string {
    return this.step(this.#steps.get(callId) ?? `call ${callId}`);
  }
}
