/**
 * Headers of a record as one cell: the column `_headers`, an array of structs in the order of the record
 * (array.ts). A name may come more than once; a value may be null.
 */
import { arrayTypeOf, parseArray } from './array.ts';

/** The type of `_headers`. */
export const HEADERS_TYPE = arrayTypeOf({
  kind: 'struct',
  fields: [
    { name: 'key', type: 'string', required: true },
    { name: 'value', type: 'string', required: false },
  ],
});

/** A record without headers. */
export const NO_HEADERS = '[]';

/** The cell of some headers. */
export const headersText = (
  headers: readonly (readonly [name: string, value: string | null])[],
): string =>
  headers.length === 0
    ? NO_HEADERS
    : `[${headers.map(([name, value]) => `{"key":${JSON.stringify(name)},"value":${JSON.stringify(value)}}`).join(',')}]`;

interface Header {
  readonly key: string;
  readonly value: string | null;
}

/** Finds the last header of a name in a cell: its value, null where it has none or is not there. */
export function headerFinder(name: string): (headers: string) => string | null {
  // As it stands in every cell that has such a header.
  const written = `{"key":${JSON.stringify(name)},`;
  return (headers) => {
    if (!headers.includes(written)) return null;
    const all = parseArray(headers) as readonly Header[];
    return all.findLast(({ key }) => key === name)?.value ?? null;
  };
}
