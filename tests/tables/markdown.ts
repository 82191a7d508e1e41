/** A table as the formatter of this repository leaves it: columns padded to their widest cell. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(3, ...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

/** The page with `table` between the marks of that name. Throws where it has no such marks. */
export function withTable(page: string, name: string, table: string): string {
  const marks = new RegExp(`(<!-- table: ${name} -->\\n\\n)[^]*?(\\n\\n<!-- end -->)`);
  if (!marks.test(page)) throw new Error(`the page has no place for the table ${name}`);
  return page.replace(marks, (_, before: string, after: string) => before + table + after);
}
