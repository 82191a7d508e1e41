import { ProjectNotFoundError } from '../errors/index.ts';
import type { ArchiveManifest } from '../project/archive.ts';
import type { ProjectState } from '../project/state.ts';
import type { EngineContext } from './context.ts';
import { type DeleteOptions, deleteProject } from './delete.ts';
import { exportProject } from './export.ts';
import type { ProjectLog } from './log.ts';
import { verifyArchive } from './open-archive.ts';

/** The archive that an earlier try has left at `path`, if it is one of this project. */
async function leftAt(path: string, projectId: string): Promise<ArchiveManifest | null> {
  const manifest = await verifyArchive(path).catch(() => null);
  return manifest?.projectId === projectId ? manifest : null;
}

async function writeArchive(context: EngineContext, { id, seq }: ProjectState, path: string): Promise<ArchiveManifest> {
  const left = await leftAt(path, id);
  if (left?.seq === seq) return left;
  await exportProject(context, id, path);
  return verifyArchive(path);
}

/**
 * Exports a project, reads the archive again from its first byte to its last, and only then deletes the project here. Repeated after a crash, it goes on.
 * Throws as `deleteProject`, `exportProject` and `verifyArchive`; the project is then still there.
 */
export async function archiveProject(
  context: EngineContext,
  log: ProjectLog,
  path: string,
  options: DeleteOptions,
): Promise<ArchiveManifest> {
  let manifest: ArchiveManifest | null = null;
  const write = async (state: ProjectState): Promise<unknown> => (manifest = await writeArchive(context, state, path));
  if (!(await deleteProject(context, log, options, write))) manifest = await leftAt(path, log.projectId);
  if (manifest === null) throw new ProjectNotFoundError({ projectId: log.projectId });
  return manifest;
}
