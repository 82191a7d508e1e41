// Drives one project with Google's models in a process of its own, from the built package.
// node tests/crash/google-child.ts DIR ID OPTIONS-OF-GOOGLE
import { google, type GoogleOptions } from 'vidpipe/providers/google';
import { googlePipeline } from './google-pipeline.ts';

const [dir = '', id = '', options = '{}'] = process.argv.slice(2);
await using pipeline = googlePipeline(dir, google(JSON.parse(options) as GoogleOptions));
await pipeline.run(id);
