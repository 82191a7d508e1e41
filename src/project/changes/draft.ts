import { applyDrafts } from '../apply-drafts.ts';
import type { EventDraft } from '../events.ts';
import type { ProjectState, SceneRecord } from '../state.ts';
import type { ChangeGiven } from './types.ts';

/** Changes under way on a copy of a project: events so far, and what is wrong with what was asked for. */
export class Draft {
  /** The project as it is. */
  readonly before: ProjectState;
  /** The project as it becomes. */
  readonly state: ProjectState;
  readonly given: ChangeGiven;
  readonly events: EventDraft[] = [];
  readonly issues: string[] = [];

  constructor(state: ProjectState, given: ChangeGiven) {
    this.before = state;
    this.state = structuredClone(state);
    this.given = given;
  }

  /** Adds an event, and folds it into the copy. */
  add(draft: EventDraft): void {
    this.events.push(draft);
    applyDrafts(this.state, [draft], this.given.at);
  }

  /** Notes something that can not be done. */
  refuse(issue: string): void {
    this.issues.push(issue);
  }

  /** A scene that the film has, and will have; else notes that it does not. */
  scene(id: string, where: string): SceneRecord | undefined {
    const record = this.state.sceneIndex.get(id);
    if (record === undefined) {
      const gone = this.before.sceneIndex.has(id);
      this.refuse(`${where}: ${gone ? `the same changes remove the scene ${id}` : `the film has no scene ${id}`}`);
    }
    return record;
  }

  /** Such a scene whose words stand; else notes that they are being written. */
  written(id: string, where: string): SceneRecord | undefined {
    const record = this.scene(id, where);
    if (record === undefined || !this.state.rewriting.has(id)) return record;
    this.refuse(`${where}: the scene ${id} is to be written anew first`);
    return undefined;
  }
}
