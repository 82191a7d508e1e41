// Every still and clip is looked at before it is used; a clip of a finished film is blocked, and made again.
import { mediaInspector, Pipeline } from 'vidpipe';
import { simulated } from 'vidpipe/providers/simulated';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';

const dir = process.argv[2] ?? 'out/inspect';
let looks = 0;

// #region inspect
const useful = mediaInspector();
await using pipeline = new Pipeline({
  providers: [simulated({ dir: `${dir}/simulated`, speed: 100 })],
  events: sqlite(`${dir}/vidpipe.db`),
  assets: filesystem(`${dir}/assets`),
  inspect: async (asset, context) => {
    looks += 1;
    // Your own look goes here: at `context.path`, with `context.kind`, `sceneId` and the length that was asked for.
    return useful(asset, context);
  },
});
// #endregion

const { id } = await pipeline.create({ prompt: 'A snail crosses a chessboard', duration: 4, clipDuration: 4 });
const first = await pipeline.run(id);
console.log(`${first.status}: looked at ${looks}`);

// #region block
const clip = first.project.scenes[0]?.clip;
if (clip) await pipeline.block(id, clip.digest, 'The snail wears a logo.');
const { status, project } = await pipeline.run(id);
// #endregion
const remade = project.scenes[0]?.clip?.digest !== clip?.digest;
console.log(`${status}: looked at ${looks}, remade: ${remade}, blocked: ${project.blocked.length}`);
