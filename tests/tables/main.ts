// npm run table -- NAME: prints a table of the docs; with --write it is put into its page, where it has one.
import { readFileSync, writeFileSync } from 'node:fs';
import { catalogueTable } from './catalogue.ts';
import { editsTable } from './edits.ts';
import { withTable } from './markdown.ts';

const TABLES: Readonly<Record<string, { readonly page?: string; readonly make: () => Promise<string> }>> = {
  edits: { page: 'docs/changes.md', make: editsTable },
  catalogue: { make: catalogueTable },
};

const [name = '', flag] = process.argv.slice(2);
const table = TABLES[name];
if (table === undefined) {
  console.error(`usage: npm run table -- ${Object.keys(TABLES).join('|')} [--write]`);
  process.exit(1);
}
const text = await table.make();
console.log(text);
const { page } = table;
if (flag === '--write' && page !== undefined) writeFileSync(page, withTable(readFileSync(page, 'utf8'), name, text));
