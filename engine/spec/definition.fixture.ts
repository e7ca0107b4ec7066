/** Definitions for tests: a small one that is right, and a way to read any. */
import { vocabulary } from '../stages/registry.ts';
import type { DefinitionEnvironment } from './environment.ts';
import { parseDefinition } from './parse.ts';
import type { ParsedDefinition } from './parse.ts';

/** No variables, no topics, not bounded. */
export const nothingSet: DefinitionEnvironment = {
  set: new Map(),
  env: new Map(),
  dotenv: new Map(),
  topics: () => false,
  bounded: false,
};

/** Parses with the engine's own vocabulary. */
export const parse = (
  text: string,
  environment: Partial<DefinitionEnvironment> = {},
): ParsedDefinition =>
  parseDefinition({
    text,
    file: 'test.yaml',
    environment: { ...nothingSet, ...environment },
    vocabulary,
  });

/** `line:column code` of all findings. */
export const findings = (
  text: string,
  environment: Partial<DefinitionEnvironment> = {},
): string[] =>
  parse(text, environment).diagnostics.map(
    ({ span, code }) => `${span.line}:${span.column} ${code}`,
  );

/** The hint of the finding with a code. */
export const hintOf = (text: string, code: string): string | null | undefined =>
  parse(text).diagnostics.find((each) => each.code === code)?.hint;

/** A small definition without findings; `more` is put at its end (top level). */
export const small = (more = ''): string => `name: small
sources:
  readings:
    file: "data/*.ndjson"
    schema: { city: string!, t: double, at: timestamp! }
    event_time: { column: at, iso: true }
    watermark: { out_of_order: 1s }
sinks:
  out: { from: readings, stdout: {} }
${more}`;

/** The small definition with a stage `kept` of these lines (indented by four). */
export const withStage = (...lines: string[]): string =>
  small(`stages:\n  kept:\n    from: readings\n${lines.map((line) => `    ${line}\n`).join('')}`);
