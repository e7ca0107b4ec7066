/** Addresses and events of a poll: templates filled in with a row, the time and the answer. */
import { civilOf, digits, type Civil } from '../../core/time/civil.ts';
import { openZone } from '../../core/time/zone.ts';
import type { Row } from './rows.ts';

/** Field of the event and where it comes from; the same as in the definition. */
export type Selected = readonly [field: string, from: string];

/** What fills a template. */
export interface Asked {
  readonly row: Row;
  readonly unit: string;
  /** Epoch ms of the request. */
  readonly atMs: number;
}

const PLACEHOLDER = /\{([^{}]*)\}/g;

/** An address with its placeholders filled in, each encoded. */
export const fillUrl = (
  url: string,
  { row, unit }: Pick<Asked, 'row' | 'unit'>,
  variables: ReadonlyMap<string, string>,
): string =>
  url.replace(PLACEHOLDER, (_, name: string) =>
    encodeURIComponent(row.cells.get(name) ?? variables.get(name) ?? (name === 'unit' ? unit : '')),
  );

/** Placeholders that a row does not have; variables and the unit aside. */
export const missingColumns = (texts: readonly string[], { cells }: Row): string[] =>
  texts
    .flatMap((text) => Array.from(text.matchAll(PLACEHOLDER), ([, name = '']) => name))
    .filter((name) => /^[a-z_]\w*$/.test(name) && name !== 'unit' && !cells.has(name));

/** Makes events of answers; times are local to `timezone`. */
export function buildEvents(
  select: readonly Selected[] | null,
  timezone: string,
): (body: unknown, asked: Asked) => unknown {
  if (select === null) return (body) => body;
  const local = localTime(timezone);
  const fill = (name: string, { row, unit, atMs }: Asked): string => {
    if (name.startsWith('now:')) return local(name.slice(4), atMs);
    return row.cells.get(name) ?? (name === 'unit' ? unit : '');
  };
  return (body, asked) =>
    new Map(
      select.map(([field, from]) => {
        const [, only] = /^\{([^{}]*)\}$/.exec(from) ?? [];
        if (only !== undefined) return [field, valueOf(fill(only, asked))];
        if (!from.includes('{')) return [field, placeIn(body, from)];
        return [field, from.replace(PLACEHOLDER, (_, name: string) => fill(name, asked))];
      }),
    );
}

/** The text of an event. */
export const eventText = (event: unknown): string =>
  JSON.stringify(event instanceof Map ? Object.fromEntries(event) : event);

/** A cell that is written as a JSON number is one. */
const valueOf = (cell: string): string | number =>
  /^-?(0|[1-9]\d*)(\.\d+)?$/.test(cell) ? Number(cell) : cell;

/** `main.temp`: null when there is no such place. */
function placeIn(body: unknown, path: string): unknown {
  let at = body;
  for (const step of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return null;
    at = (at as Readonly<Record<string, unknown>>)[step];
  }
  return at;
}

const fields = new Map<string, (at: Civil) => string>([
  ['yyyy', ({ year }) => digits(year, 4)],
  ['MM', ({ month }) => digits(month, 2)],
  ['dd', ({ day }) => digits(day, 2)],
  ['HH', ({ hour }) => digits(hour, 2)],
  ['mm', ({ minute }) => digits(minute, 2)],
  ['ss', ({ second }) => digits(second, 2)],
]);

function localTime(timezone: string): (pattern: string, epochMs: number) => string {
  const zone = openZone(timezone);
  return (pattern, epochMs) => {
    const at = civilOf(epochMs + zone.offsetAt(epochMs));
    return pattern.replace(/yyyy|MM|dd|HH|mm|ss/g, (name) => fields.get(name)?.(at) ?? name);
  };
}
