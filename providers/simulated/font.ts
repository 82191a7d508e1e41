/** A 5×7 bitmap font: seven rows of five bits for each sign, as base-32 digits. */
const ROWS: Readonly<Record<string, string>> = {
  A: 'ehhvhhh',
  B: 'uhhuhhu',
  C: 'ehggghe',
  D: 'uhhhhhu',
  E: 'vgguggv',
  F: 'vgguggg',
  G: 'ehgnhhf',
  H: 'hhhvhhh',
  I: 'e44444e',
  J: '72222ic',
  K: 'hiksokh',
  L: 'ggggggv',
  M: 'hrllhhh',
  N: 'hhpljhh',
  O: 'ehhhhhe',
  P: 'uhhuggg',
  Q: 'ehhhlid',
  R: 'uhhukih',
  S: 'fgge11u',
  T: 'v444444',
  U: 'hhhhhhe',
  V: 'hhhhha4',
  W: 'hhhllla',
  X: 'hha4ahh',
  Y: 'hhha444',
  Z: 'v1248gv',
  0: 'ehjlphe',
  1: '4c4444e',
  2: 'eh1248v',
  3: 'v2421he',
  4: '26aiv22',
  5: 'vgu11he',
  6: '68guhhe',
  7: 'v124888',
  8: 'ehhehhe',
  9: 'ehhf12c',
  '.': '0000066',
  ',': '0000264',
  '-': '000e000',
  "'": '4400000',
  ':': '0660660',
  '!': '4444404',
  '?': 'eh12404',
  '"': 'aa00000',
  '(': '2444442',
  ')': '8444448',
  '/': '1224488',
  ';': '0660624',
  '&': 'cikcjid',
};

/** Stands for signs that the font has not. */
const BOX = 'vhhhhhv';
const BLANK = '0000000';

function rowsOf(sign: string): string {
  if (sign.trim() === '') return BLANK;
  const plain = sign.normalize('NFD').charAt(0).toUpperCase();
  return ROWS[plain] ?? BOX;
}

/** Whether the font has ink at a place of a sign, 0 to 4 across and 0 to 6 down. Lower case is drawn as upper case, accents are left out; unknown signs are boxes. */
export function inked(sign: string, x: number, y: number): boolean {
  return ((parseInt(rowsOf(sign)[y] ?? '0', 32) >> (4 - x)) & 1) === 1;
}

/** Breaks words into lines of at most `columns` signs. */
export function wrap(text: string, columns: number, lines: number): string[] {
  const wrapped: string[] = [''];
  for (const word of text.split(/\s+/)) {
    const last = wrapped.at(-1) ?? '';
    if (last !== '' && last.length + word.length + 1 > columns) wrapped.push(word.slice(0, columns));
    else wrapped[wrapped.length - 1] = `${last} ${word}`.trim().slice(0, columns);
  }
  return wrapped.slice(0, lines);
}
