// Drives one project with Google's models in a process of its own, prints each durable event's type, and closes at the first SIGTERM.
// node tests/crash/shutdown-child.ts DIR ID OPTIONS-OF-GOOGLE
import { google, type GoogleOptions } from 'vidpipe/providers/google';
import { googlePipeline } from './google-pipeline.ts';

const [dir = '', id = '', options = '{}'] = process.argv.slice(2);
await using pipeline = googlePipeline(dir, google(JSON.parse(options) as GoogleOptions));
process.once('SIGTERM', () => void pipeline.close());
pipeline.on('event', ({ type, body }) => console.log(type, 'kind' in body ? body.kind : ''));
pipeline.on('progress', () => console.log('looked at'));
const { status } = await pipeline.run(id);
console.log('rest', status);
