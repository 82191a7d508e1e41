// A status is compared, returned and written by its name in src/project/status.ts, never by a literal: a word that is
// spelled in two places is a state machine in two places.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { STATUS, STEP } from '../src/project/status.ts';

const words = new Set(Object.values({ ...STATUS, ...STEP }));
const HOME = join('src', 'project', 'status.ts');

/** Whether an expression or a name says `status`. */
function saysStatus(node) {
  const name = ts.isPropertyAccessExpression(node) ? node.name : node;
  return ts.isIdentifier(name) && /status$/i.test(name.text);
}

/** The literal that stands for a status in this node, if any. */
function literalIn(node) {
  if (ts.isPropertyAssignment(node) && saysStatus(node.name)) return node.initializer;
  if (!ts.isBinaryExpression(node)) return undefined;
  if (saysStatus(node.left)) return node.right;
  return saysStatus(node.right) ? node.left : undefined;
}

const faults = [];
const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.startsWith('testing'))
  .map((name) => join('src', name))
  .filter((path) => path !== HOME);

for (const path of files) {
  const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest);
  const visit = (node) => {
    const literal = literalIn(node);
    if (literal !== undefined && ts.isStringLiteral(literal) && words.has(literal.text)) {
      const { line } = file.getLineAndCharacterOfPosition(literal.getStart(file));
      faults.push(`${path}:${line + 1}: the status '${literal.text}' is a literal; its name is in ${HOME}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
}

for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;
