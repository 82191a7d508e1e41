// Serves a loopback Google from the built package until it is ended, and prints one line of JSON: its url, and options of the google provider.
// node tests/support/loopback-child.ts '{"dir":"/tmp/google","speed":100,"script":[{"fault":"quota","on":"veo","nth":2}]}'
import { loopbackGoogle, type LoopbackOptions } from 'vidpipe/testing';

const google = await loopbackGoogle(JSON.parse(process.argv[2] ?? '{}') as LoopbackOptions);
console.log(JSON.stringify({ url: google.url, vertex: google.vertex(), developer: google.developer() }));
process.once('SIGTERM', () => void google.close());
