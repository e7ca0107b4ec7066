/**
 * Typed parameters: `$NAME` in expressions.
 */
import type { ScalarType } from '../core/batch.ts';
import { parseInstant } from '../core/expression/calendar.ts';
import { openZone } from '../core/time/zone.ts';
import type { Report } from './diagnostic.ts';
import type { Environment } from './environment.ts';
import type { ParameterSpec } from './spec.ts';
import { readDuration } from './units.ts';

/** Parameters as they are declared. */
export type DeclaredParameters = Readonly<
  Record<
    string,
    { readonly type: ScalarType; readonly default?: string | number | boolean | null | undefined }
  >
>;

/** What times are read by: local ones in the zone, ages before now (epoch ms). */
export interface Calendar {
  readonly timezone: string;
  readonly nowMs: number;
}

/** Values for all parameters: --set, environment, .env, then the default. */
export function resolveParameters(
  declared: DeclaredParameters,
  environment: Environment & Calendar,
  report: Report,
): ParameterSpec[] {
  return Object.entries(declared).flatMap(([name, parameter]) => {
    const { type } = parameter;
    const given = environment.value(name);
    const written = given ?? parameter.default;
    const path = ['params', name, ...(given === undefined ? ['default'] : [])];
    if (written === undefined) {
      const hint = `give it a \`default:\`, or set it with --set ${name}=…`;
      report({
        code: 'unset-parameter',
        message: `the parameter ${name} has no value`,
        hint,
        path,
        atKey: true,
      });
      return [];
    }
    const value =
      written === null
        ? null
        : readCell(written, { type, outside: given !== undefined, ...environment });
    if (value === undefined) {
      const origin = given === undefined ? '' : ' (set from outside)';
      const message = `\`${String(written)}\`${origin} is no ${type}`;
      report({ code: 'bad-parameter', message, hint: examples[type], path });
      return [];
    }
    return [{ name, type, value }];
  });
}

const examples: Readonly<Record<ScalarType, string>> = {
  bool: 'write true or false',
  int: 'write a whole number between -2147483648 and 2147483647',
  long: 'write a whole number',
  float: 'write a number',
  double: 'write a number',
  string: 'put text into quotes',
  timestamp:
    'write a time, e.g. "2024-03-28 23:25:00" (local) or "2024-03-28T00:00:00Z", an age such as 5m, or now',
};

interface Reading extends Calendar {
  readonly type: ScalarType;
  /** Set from outside, where everything is text: it is read as the type. */
  readonly outside: boolean;
}

/** A cell of a type, undefined when the value is none. */
function readCell(
  written: string | number | boolean,
  { type, outside, ...calendar }: Reading,
): number | string | undefined {
  if (type === 'string')
    return typeof written === 'string' || outside ? String(written) : undefined;
  if (type === 'timestamp') return readTimestamp(String(written).trim(), calendar);
  if (type === 'bool')
    return ['false', 'true'].indexOf(String(written)) >= 0
      ? Number(String(written) === 'true')
      : undefined;
  if (typeof written === 'boolean') return undefined;
  return readNumber(String(written).trim(), type);
}

function readNumber(text: string, type: ScalarType): number | undefined {
  if (!/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text)) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value)) return undefined;
  if (type === 'float') return Math.fround(value);
  if (type === 'double') return value;
  if (!Number.isSafeInteger(value)) return undefined;
  return type === 'int' && (value | 0) !== value ? undefined : value;
}

/** T1: text without a zone is local. `5m` is five minutes ago. */
function readTimestamp(text: string, { timezone, nowMs }: Calendar): number | undefined {
  const ageMs = text === 'now' ? 0 : readDuration(text);
  if (ageMs !== null) return nowMs - ageMs;
  const time = parseInstant(text, openZone(timezone));
  return Number.isNaN(time) ? undefined : time;
}
