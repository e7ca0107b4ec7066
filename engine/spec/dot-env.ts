/**
 * The `.env` format.
 */

/**
 * Reads `NAME=value` lines: `export` in front, spaces around `=`, single quotes (as they are),
 * double quotes (with `\n \t \" \\` and line breaks) and comments after white space are understood.
 * A line that is none of this is skipped; the last of two values wins. Pure, O(length).
 */
export function parseDotEnv(text: string): Map<string, string> {
  const values = new Map<string, string>();
  const line = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*/gm;
  for (let match = line.exec(text); match !== null; match = line.exec(text)) {
    const { value, end } = readValue(text, line.lastIndex);
    values.set(match[1] ?? '', value);
    line.lastIndex = end;
  }
  return values;
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
]);

function readValue(text: string, from: number): { value: string; end: number } {
  const quoted = /"((?:[^"\\]|\\[^])*)"|'([^']*)'/y;
  quoted.lastIndex = from;
  const match = quoted.exec(text);
  if (match !== null) {
    const double = match[1]?.replaceAll(/\\([^])/g, (_, char: string) => escapes.get(char) ?? char);
    return { value: double ?? match[2] ?? '', end: quoted.lastIndex };
  }
  const stop = text.indexOf('\n', from);
  const end = stop < 0 ? text.length : stop;
  const rest = text.slice(from, end).replace(/\r$/, '');
  return { value: rest.replace(/(^|\s)#.*$/, '').trimEnd(), end };
}
