import { createInterface } from 'node:readline';
import type { Output } from './output.ts';

/** `nobody`: there is no terminal to ask on. */
export type Answer = 'yes' | 'no' | 'interrupted' | 'nobody';

/** Asks whether to go on. No answer is no. */
export function ask(output: Output): Promise<Answer> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return Promise.resolve('nobody');
  const terminal = createInterface({ input: process.stdin, output: output.json ? process.stderr : process.stdout });
  return new Promise((resolve) => {
    const end = (answer: Answer): void => {
      resolve(answer);
      terminal.close();
    };
    terminal.on('SIGINT', () => end('interrupted'));
    terminal.on('close', () => end('no'));
    terminal.question('Make it? [y/N] ', (typed) => end(/^\s*y(es)?\s*$/i.test(typed) ? 'yes' : 'no'));
  });
}
