/** JSON for people: what fits on a line stands on one. */

/**
 * JSON of plain data, two spaces a level; lists and objects that fit into `width` columns stand on
 * one line. Ends with a line end. O(size · depth).
 */
export const jsonText = (data: unknown, width = 100): string =>
  `${written(data, { indent: '', used: 0, width })}\n`;

/** Where a value begins: the indent of its line, and what stands before it on the line. */
interface Place {
  readonly indent: string;
  readonly used: number;
  readonly width: number;
}

function written(data: unknown, { indent, used, width }: Place): string {
  const line = onOneLine(data);
  // One column is left for a comma.
  if (typeof data !== 'object' || data === null || used + line.length < width) return line;
  const deeper = `${indent}  `;
  const inside = (title: string, value: unknown): string => {
    const head = `${deeper}${title}`;
    return `${head}${written(value, { indent: deeper, used: head.length, width })}`;
  };
  if (Array.isArray(data))
    return bracketed(
      '[]',
      indent,
      data.map((item) => inside('', item)),
    );
  const entries = entriesOf(data).map(([key, value]) => inside(`${JSON.stringify(key)}: `, value));
  return bracketed('{}', indent, entries);
}

const bracketed = ([open, close]: string, indent: string, lines: readonly string[]): string =>
  lines.length === 0 ? `${open}${close}` : `${open}\n${lines.join(',\n')}\n${indent}${close}`;

function onOneLine(data: unknown): string {
  if (Array.isArray(data)) return `[${data.map(onOneLine).join(', ')}]`;
  if (typeof data !== 'object' || data === null) return JSON.stringify(data);
  const entries = entriesOf(data).map(
    ([key, value]) => `${JSON.stringify(key)}: ${onOneLine(value)}`,
  );
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

const entriesOf = (data: object): [string, unknown][] =>
  Object.entries(data).filter(([, value]) => value !== undefined);
