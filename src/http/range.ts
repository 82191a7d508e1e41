/** Bytes to send: all, a part with both ends included, or none that the range names. */
export type Part = { readonly start: number; readonly end: number } | 'all' | 'none';

/** The tag list of a condition has a tag, or is `*`. */
function names(condition: string, tag: string): boolean {
  return condition.split(',').some((each) => each.trim() === tag || each.trim() === '*');
}

/** What conditions make of a read (RFC 9110, 13.2.2). Bytes under their digest have no date, so conditions on dates are not looked at. */
export function conditionOf({ headers }: Request, tag: string): 304 | 412 | null {
  const match = headers.get('if-match');
  if (match !== null && !names(match, tag)) return 412;
  const noneMatch = headers.get('if-none-match');
  return noneMatch !== null && names(noneMatch.replaceAll('W/', ''), tag) ? 304 : null;
}

/**
 * The part that a read asks for. Ranges are for GET alone; one of several, of another unit, that is none, or whose `If-Range` is not this very tag
 * is answered with all (RFC 9110, 14.2).
 */
export function partOf({ headers, method }: Request, tag: string, size: number): Part {
  const given = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(headers.get('range') ?? '');
  const ifRange = headers.get('if-range');
  if (given === null || method !== 'GET' || (ifRange !== null && ifRange !== tag)) return 'all';
  const [, first = '', last = ''] = given;
  if (first === '' && last === '') return 'all';
  if (first === '')
    return last === '0' || size === 0 ? 'none' : { start: Math.max(0, size - Number(last)), end: size - 1 };
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return 'all';
  return start >= size ? 'none' : { start, end };
}
