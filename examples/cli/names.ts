import type { ProjectEvent } from 'vidpipe';

/** Names that a person can read for steps and calls: learnt from the log, as it grows. */
export class Names {
  readonly #scenes: string[] = [];
  readonly #steps = new Map<string, string>();

  /** Learns from an event. */
  learn({ type, body }: ProjectEvent): void {
    if (type === 'project.created') this.#add(body.supplied?.scenes ?? []);
    if (type === 'storyboard.written' || type === 'scenes.added') this.#add(body.scenes);
    if (type === 'call.intended') this.#steps.set(body.callId, body.stepId);
  }

  #add(scenes: readonly { readonly id: string }[]): void {
    this.#scenes.push(...scenes.map(({ id }) => id));
  }

  /** `scene 2 clip`, `scene 1 start frame`, `storyboard`, `film`. */
  step(stepId: string): string {
    const [kind = '', id = '', place] = stepId.split(':');
    if (kind === 'scenes') return 'more scenes';
    const at = this.#scenes.indexOf(id);
    if (at === -1) return stepId;
    return `scene ${at + 1} ${kind === 'keyframe' ? `${place} frame` : kind}`;
  }

  /** The step that a call is for. */
  call(callId: string): string {
    return this.step(this.#steps.get(callId) ?? `call ${callId}`);
  }
}
