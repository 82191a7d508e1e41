// Stands for somebody's video service: jobs over HTTP on this machine, made with ffmpeg. The same job id is one job, however often it is sent.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer, json } from 'node:stream/consumers';

interface Job {
  readonly image: string;
  readonly seconds: number;
}

/** A clip that shows the picture. */
async function film({ image, seconds }: Job): Promise<Buffer> {
  const make = `-v error -loop 1 -framerate 24 -t ${seconds} -i pipe: -pix_fmt yuv420p -f mp4 -movflags frag_keyframe pipe:`;
  const ffmpeg = spawn(process.env['FFMPEG_PATH'] ?? 'ffmpeg', make.split(' '), { stdio: ['pipe', 'pipe', 'inherit'] });
  ffmpeg.stdin.end(Buffer.from(image, 'base64'));
  return buffer(ffmpeg.stdout);
}

/** Starts it; `PUT /jobs/ID` begins a job, `GET /jobs/ID` tells whether it is done, `GET /clips/ID` delivers. */
export async function startService(): Promise<{ readonly origin: string; readonly close: () => void }> {
  const jobs = new Map<string, Promise<Buffer>>();
  const done = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    const [, folder, id = ''] = (request.url ?? '').split('/');
    const serve = async (): Promise<void> => {
      if (request.method === 'PUT' && !jobs.has(id)) {
        const job = film((await json(request)) as Job);
        jobs.set(id, job);
        void job.then((clip) => done.set(id, clip));
      }
      response.end(folder === 'clips' ? done.get(id) : JSON.stringify({ job: id, done: done.has(id) }));
    };
    void serve();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}
