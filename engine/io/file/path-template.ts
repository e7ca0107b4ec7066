/**
 * Paths with placeholders: `data/archive/{event_time:yyyy-MM-dd}/{partition}-{part}.ndjson`. They are
 * filled in for rows, and read back from the names of files.
 */
import { posix } from 'node:path';
import { civilOf, digits, type Civil } from '../../core/time/civil.ts';
import { openZone } from '../../core/time/zone.ts';
import { EngineError } from '../../errors.ts';

const PLACEHOLDER = /\{(event_time:[^{}]*|partition|part)\}/g;
const TIME_FIELD = /yyyy|MM|dd|HH|mm|ss/g;

/** What a placeholder of time may hold, and how long each of its texts lasts, ms. */
const fields = new Map<string, { value: (at: Civil) => string; lastsMs: number }>([
  ['yyyy', { value: ({ year }) => digits(year, 4), lastsMs: 86_400_000 }],
  ['MM', { value: ({ month }) => digits(month, 2), lastsMs: 86_400_000 }],
  ['dd', { value: ({ day }) => digits(day, 2), lastsMs: 86_400_000 }],
  ['HH', { value: ({ hour }) => digits(hour, 2), lastsMs: 3_600_000 }],
  ['mm', { value: ({ minute }) => digits(minute, 2), lastsMs: 60_000 }],
  ['ss', { value: ({ second }) => digits(second, 2), lastsMs: 1000 }],
]);

/** What the name of a file says. */
export interface PathNumbers {
  readonly partition: number;
  readonly part: number;
}

/** A parsed template; paths have forward slashes and are relative to the project. */
export interface PathTemplate {
  readonly text: string;
  /** The directory before the first placeholder, `.` if there is none. */
  readonly root: string;
  readonly hasPart: boolean;
  readonly hasPartition: boolean;
  readonly hasTime: boolean;
  /** The path but for the part: equal for rows that go into the same file. O(1) within a day. */
  group(eventTimeMs: number, partition: number): string;
  /** Fills the part into what `group` returned. */
  path(group: string, part: number): string;
  /** The numbers in a path that the template could have made (0 for those it does not have), or null. */
  read(path: string): PathNumbers | null;
}

/** Stands for `{part}` in a group; no path has it. */
const PART = '\0';

/**
 * Parses a template. Times are in `timezone`.
 * @throws EngineError ENG_SINK_FAILED for unknown placeholders
 */
export function parseTemplate(text: string, timezone: string): PathTemplate {
  const normal = posix.normalize(text);
  const stray = /[{}]/.exec(normal.replace(PLACEHOLDER, ''));
  if (stray !== null) throw unknownPlaceholder(text);
  const before = normal.split('{', 1)[0] ?? '';
  const has = (name: string): boolean => normal.includes(`{${name}`);
  const format = buildFormat(timezone);
  return {
    text: normal,
    root: before === normal ? posix.dirname(normal) : posix.dirname(`${before}x`),
    hasPart: has('part}'),
    hasPartition: has('partition}'),
    hasTime: has('event_time:'),
    group: (eventTimeMs, partition) =>
      normal.replace(PLACEHOLDER, (_, name: string) => {
        if (name === 'part') return PART;
        return name === 'partition' ? String(partition) : format(name.slice(11), eventTimeMs);
      }),
    path: (group, part) => group.replaceAll(PART, String(part)),
    read: buildReader(normal),
  };
}

const unknownPlaceholder = (text: string): EngineError =>
  new EngineError(
    'ENG_SINK_FAILED',
    `\`${text}\` has a placeholder that is none: use {event_time:yyyy-MM-dd}, {partition} and {part}`,
  );

/** Formats times by pattern, and remembers the last text of each. */
function buildFormat(timezone: string): (pattern: string, epochMs: number) => string {
  const zone = openZone(timezone);
  const last = new Map<string, { lasts: number; slot: number; text: string }>();
  return (pattern, epochMs) => {
    const local = epochMs + zone.offsetAt(epochMs);
    const known = last.get(pattern);
    if (known !== undefined && Math.floor(local / known.lasts) === known.slot) return known.text;
    const at = civilOf(local);
    const text = pattern.replace(TIME_FIELD, (name) => fields.get(name)?.value(at) ?? name);
    const used = pattern.match(TIME_FIELD) ?? [];
    const lasts = Math.min(86_400_000, ...used.map((name) => fields.get(name)?.lastsMs ?? 1000));
    last.set(pattern, { lasts, slot: Math.floor(local / lasts), text });
    return text;
  };
}

function buildReader(template: string): (path: string) => PathNumbers | null {
  const escape = (literal: string): string =>
    literal.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  let source = '';
  let at = 0;
  for (const match of template.matchAll(PLACEHOLDER)) {
    source += escape(template.slice(at, match.index));
    at = match.index + match[0].length;
    const name = match[1] ?? '';
    if (name === 'partition' || name === 'part') {
      source += source.includes(`(?<${name}>`)
        ? String.raw`\k<${name}>`
        : String.raw`(?<${name}>\d+)`;
    } else {
      source += escape(name.slice(11)).replace(TIME_FIELD, (field) => `\\d{${field.length}}`);
    }
  }
  const pattern = new RegExp(`^${source}${escape(template.slice(at))}$`);
  return (path) => {
    const groups = pattern.exec(path);
    if (groups === null) return null;
    const { partition = '0', part = '0' } = groups.groups ?? {};
    return { partition: Number(partition), part: Number(part) };
  };
}
