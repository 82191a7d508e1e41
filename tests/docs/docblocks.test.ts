import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** Objects that users write: each field tells its unit, bounds or default. */
const written = /Options$|Definition$|^DefinitionBase$|Capabilities$|Fields$/;
const named = ['ProjectSettings', 'Reference', 'ModelLimits', 'ModelTimes', 'PriceRequest', 'ProjectQuery', 'Usage'];

function interfacesOf(path: string): ts.InterfaceDeclaration[] {
  const file = ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.Latest, true);
  return file.statements
    .filter((each) => ts.isInterfaceDeclaration(each))
    .filter((each) => each.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword));
}

it('every field of an object that users write has a docblock', () => {
  const files = ['src', 'providers', 'storage-adapters'].flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(top, name)),
  );
  const objects = files
    .flatMap(interfacesOf)
    .filter(({ name: { text } }) => written.test(text) || named.includes(text));
  const silent = objects.flatMap(({ name, members }) =>
    members
      .filter((member) => ts.getJSDocCommentsAndTags(member).length === 0)
      .map((member) => `${name.text}.${member.name?.getText() ?? ''}`),
  );
  expect(objects.map(({ name }) => name.text)).toEqual(expect.arrayContaining(named));
  expect(silent).toEqual([]);
});
