// Plays programs until the first violation, and prints it. Run by `controls.ts` within a copy of the build.
import { playPrograms } from './sweep.ts';

const SEED = 1;
const PROGRAMS = 150;

const { violations } = await playPrograms(SEED, PROGRAMS, false);
console.log(violations[0]?.split('\n')[0] ?? '');
