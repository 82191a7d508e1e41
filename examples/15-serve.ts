// A film made over HTTP: a server on this machine, and the client that a page in a browser uses as well.
import { Pipeline } from 'vidpipe';
import { createClient } from 'vidpipe/client';
import { local, serve } from 'vidpipe/http';
import { simulated } from 'vidpipe/providers/simulated';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';

const dir = process.argv[2] ?? 'out/serve';
await using pipeline = new Pipeline({
  providers: [simulated({ dir: `${dir}/simulated`, speed: 100 })],
  events: sqlite(`${dir}/vidpipe.db`),
  assets: filesystem(`${dir}/assets`),
});
await using server = await serve(pipeline, { authorize: local() });

const films = createClient({ baseUrl: server.url });
const { id } = await films.create({ prompt: 'A lighthouse keeper finds a bottle', duration: 8 });
await films.run(id);
for await (const event of films.watch(id)) console.log(event.seq, event.type);
const reply = await fetch(films.filmUrl(id));
console.log(reply.status, reply.headers.get('content-type'), (await reply.bytes()).length > 0);
