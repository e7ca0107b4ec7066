/**
 * Typed parameters: `$NAME` in expressions.
 */
import type { ColumnType } from '../core/batch.ts';
import type { Report } from './diagnostic.ts';
import type { Environment } from './environment.ts';
import type { ParameterSpec } from './spec.ts';

/** Parameters as they are declared. */
export type DeclaredParameters = Readonly<
  Record<
    string,
    { readonly type: ColumnType; readonly default?: string | number | boolean | null | undefined }
  >
>;

/** Values for all parameters: --set, environment, .env, then the default. */
export function resolveParameters(
  declared: DeclaredParameters,
  environment: Environment,
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
    const value = written === null ? null : readCell(written, type, given !== undefined);
    if (value === undefined) {
      const origin = given === undefined ? '' : ' (set from outside)';
      const message = `\`${String(written)}\`${origin} is no ${type}`;
      report({ code: 'bad-parameter', message, hint: examples[type], path });
      return [];
    }
    return [{ name, type, value }];
  });
}

const examples: Readonly<Record<ColumnType, string>> = {
  bool: 'write true or false',
  int: 'write a whole number between -2147483648 and 2147483647',
  long: 'write a whole number',
  float: 'write a number',
  double: 'write a number',
  string: 'put text into quotes',
  timestamp: 'write a time with its zone, e.g. "2024-03-28T00:00:00Z"',
};

/** A cell of a type, undefined when the value is none. Text from outside is read as the type. */
function readCell(
  written: string | number | boolean,
  type: ColumnType,
  outside: boolean,
): number | string | undefined {
  if (type === 'string')
    return typeof written === 'string' || outside ? String(written) : undefined;
  if (type === 'timestamp') return readTimestamp(String(written));
  if (type === 'bool')
    return ['false', 'true'].indexOf(String(written)) >= 0
      ? Number(String(written) === 'true')
      : undefined;
  if (typeof written === 'boolean') return undefined;
  return readNumber(String(written).trim(), type);
}

function readNumber(text: string, type: ColumnType): number | undefined {
  if (!/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text)) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value)) return undefined;
  if (type === 'float') return Math.fround(value);
  if (type === 'double') return value;
  if (!Number.isSafeInteger(value)) return undefined;
  return type === 'int' && (value | 0) !== value ? undefined : value;
}

function readTimestamp(text: string): number | undefined {
  const zoned = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/;
  const time = zoned.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(time) ? undefined : time;
}
