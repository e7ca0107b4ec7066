/** Bytes of strangers as text that a person can read and a terminal is safe from. */
import { isUtf8 } from 'node:buffer';

/** UTF-8 as text without control characters, anything else as `base64:…`. */
export const readable = (bytes: Buffer): string =>
  isUtf8(bytes) ? printable(bytes.toString('utf8')) : `base64:${bytes.toString('base64')}`;

/** Control characters as escapes: what a stranger wrote must not steer the terminal. */
export const printable = (text: string): string =>
  text.replace(/\p{Cc}/gu, (char) => {
    if (char === '\n') return '\\n';
    if (char === '\t') return '\\t';
    return `\\u${char.codePointAt(0)?.toString(16).padStart(4, '0') ?? ''}`;
  });

/** A JSON member of bytes: as text, or as base64 with `_base64` in the name. */
export function bytesMember(name: string, bytes: Buffer | null): Record<string, string | null> {
  if (bytes === null) return { [name]: null };
  if (isUtf8(bytes)) return { [name]: bytes.toString('utf8') };
  return { [`${name}_base64`]: bytes.toString('base64') };
}
