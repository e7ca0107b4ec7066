/** Order and equality of text. */
import type { BytesVector, TextVector } from '../../batch.ts';

/** Order by code points, as UTF-8 bytes compare: below 0, 0 or above 0. O(common prefix). */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return x < 0xd800 || y < 0xd800 ? x - y : rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** UTF-16 units from D800 on, in the order of the code points they begin: surrogates last. */
const rank = (unit: number): number => (unit >= 0xe000 ? unit - 0x800 : unit + 0x2000);

/** Whether a row of a text column is `text`, which is ASCII. Decodes nothing; null is not. */
export function equalsBytes(vector: BytesVector | TextVector, row: number, text: string): boolean {
  if (vector.kind === 'text') return vector.values[row] === text;
  const start = vector.start[row] as number;
  const { bytes } = vector;
  if ((vector.end[row] as number) - start !== text.length || start < 0) return false;
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** Whether a row of a text column is null. */
export function isNullAt(vector: BytesVector | TextVector, row: number): boolean {
  if (vector.kind === 'text') return (vector.values[row] ?? null) === null;
  return (vector.start[row] as number) < 0;
}
