/**
 * Hiding secrets wherever a definition, a plan or an offending line is printed.
 */

/** What stands in a printed text where a secret was. */
export const hidden = '***';

const secretVariable = /KEY|SECRET|PASSWORD|TOKEN/i;
const secretKey = /(^|[_-])(password|passphrase|secret|token|api_?key|access_?key|private_?key)$/i;
/** Under these keys everything but what follows is secret. */
const secretBranch = /^sasl$/i;
const openKeys: ReadonlySet<string> = new Set(['mechanism']);

/** True for a variable whose value is never printed, e.g. `API_KEY`. */
export const isSecretName = (name: string): boolean => secretVariable.test(name);

/** True for a key whose value is never printed, e.g. `password`. */
export const isSecretKey = (name: string): boolean => secretKey.test(name);

/** True for a place whose value is never printed: a secret key, or anything of `sasl` but its mechanism. */
export const isSecretPath = (path: readonly (string | number)[]): boolean => {
  const names = path.map(String);
  if (openKeys.has(names.at(-1) ?? '')) return false;
  return names.some((name) => isSecretKey(name) || secretBranch.test(name));
};

/**
 * A copy of JSON-like data without secrets: values of secret keys, all of `sasl` but its mechanism,
 * and every occurrence of `secrets` inside texts. Maps become plain objects. O(size × secrets).
 */
export function mask(data: unknown, secrets: Iterable<string> = []): unknown {
  const known = [...secrets]
    .filter((secret) => secret !== '')
    .toSorted((a, b) => b.length - a.length);
  const walk = (value: unknown, secret: boolean): unknown => {
    if (typeof value === 'string') return secret ? hidden : maskAll(value, known);
    if (Array.isArray(value)) return value.map((item) => walk(item, secret));
    if (typeof value !== 'object' || value === null)
      return secret && value !== null ? hidden : value;
    const entries: [unknown, unknown][] =
      value instanceof Map ? [...(value as Map<unknown, unknown>)] : Object.entries(value);
    return Object.fromEntries(
      entries.map(([key, item]) => {
        const name = String(key);
        const below =
          (secret && !openKeys.has(name)) || isSecretKey(name) || secretBranch.test(name);
        return [name, openKeys.has(name) ? walk(item, false) : walk(item, below)];
      }),
    );
  };
  return walk(data, false);
}

/** A text without the given secrets. */
export function maskText(text: string, secrets: Iterable<string>): string {
  const known = [...secrets].filter((secret) => secret !== '');
  return maskAll(
    text,
    known.toSorted((a, b) => b.length - a.length),
  );
}

/** Longest first, so that a secret within another leaves no rest. */
function maskAll(text: string, secrets: readonly string[]): string {
  return secrets.reduce((masked, secret) => masked.replaceAll(secret, hidden), text);
}

/**
 * A line of a definition with everything after a secret key starred out, unless it is a variable
 * there. Its length stays, so that a caret below it still points to the right column.
 */
export function maskLine(line: string): string {
  const keys = /(?<=^|[\s{,])["']?([A-Za-z_][\w-]*)["']?\s*:\s+(?!["']?\$\{)/g;
  for (const match of line.matchAll(keys)) {
    if (!isSecretKey(match[1] ?? '')) continue;
    const end = match.index + match[0].length;
    return line.slice(0, end) + stars(line.slice(end));
  }
  return line;
}

/** A text with the given secrets starred out; its length stays. */
export function starSecrets(text: string, secrets: Iterable<string>): string {
  return [...secrets]
    .flatMap((secret) => secret.split('\n'))
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .toSorted((a, b) => b.length - a.length)
    .reduce((masked, secret) => masked.replaceAll(secret, stars(secret)), text);
}

const stars = (text: string): string => text.replaceAll(/\S/g, '*');
