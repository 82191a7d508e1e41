import type { Waiting } from '../project/events.ts';
import { type ProjectView, viewOf } from '../project/project.ts';
import type { EngineContext } from './context.ts';
import type { DriveEnd } from './engine.ts';
import { type FilmHandle, filmOf } from './film-handle.ts';
import { isDriven } from './interrupted.ts';
import type { ProjectLog } from './log.ts';
import { STATUS } from '../project/status.ts';

/** A project with its film, when there is one. */
export interface Project extends ProjectView {
  readonly film?: FilmHandle;
}

/** How a run came to rest. */
export type RunResult =
  | { readonly status: 'completed'; readonly project: Project; readonly film: FilmHandle }
  | { readonly status: 'waiting'; readonly project: Project; readonly waiting: Waiting }
  | {
      /** Also of a run that was taken out before its turn had come: the project is as it was. */
      readonly status: 'stopped';
      readonly project: Project;
    }
  | {
      /** This process was closed or has lost the project, or the log could not take the end of the run: `error` then says why. */
      readonly status: 'interrupted';
      readonly project: Project;
      readonly error: { readonly code: string; readonly message: string } | null;
    }
  | {
      readonly status: 'failed';
      readonly project: Project;
      readonly error: { readonly code: string; readonly message: string };
    };

/** A project as its log stands now. Throws `ProjectNotFoundError`. */
export async function projectOf(context: EngineContext, log: ProjectLog): Promise<Project> {
  const view = viewOf(await log.refresh(), await isDriven(context, log.projectId));
  const film = filmOf(context, log, view);
  return film === undefined ? view : { ...view, film };
}

/** What a project that has come to rest says of its run. */
export function resultOf(project: Project, end: DriveEnd): RunResult {
  if (end === 'not-begun') return { status: STATUS.stopped, project };
  const { status, film, waiting, error } = project;
  if (status === STATUS.completed && film !== undefined) return { status, project, film };
  if (status === STATUS.waiting && waiting !== null) return { status, project, waiting };
  if (status === STATUS.failed && error !== null) return { status, project, error };
  if (status === STATUS.stopped) return { status, project };
  const why = end === null ? null : { code: end.code, message: end.message };
  return { status: STATUS.interrupted, project, error: why };
}
