/**
 * The one code generator: the fused operations of a stage become one function with one loop over the
 * rows, and this file holds the engine's only `new Function`. What user text may become in there is
 * decided in expression/javascript.ts.
 */
import { EngineError } from '../errors.ts';
import { type Frame, type Selection, type Vector, isText } from './batch.ts';
import { Block } from './expression/block.ts';
import type { Code, Condition } from './expression/block.ts';
import { reasonOf } from './expression/failure.ts';
import { functions } from './expression/functions/registry.ts';
import {
  allOf,
  anyOf,
  identifierOf,
  literalOf,
  not,
  operand,
  remarkOf,
} from './expression/javascript.ts';
import { slotsOf } from './expression/types.ts';
import { ExpressionWriter } from './expression/writer.ts';
import type { ComputedColumn, FusedKernel, Loop, Rows } from './operation/kernel.ts';

/** A kernel with its arguments, ready to be written. */
export interface Step {
  readonly kernel: FusedKernel<unknown>;
  readonly args: unknown;
  /** Which of the loop's stages it is of; 0 where nothing is said. */
  readonly stage?: number;
}

/** A generated loop and its text. */
export interface EmittedLoop {
  readonly source: string;
  readonly run: (rows: Rows, fail: FailIn) => LoopedRows;
}

/** As `Fail`, and in which of the loop's stages the row failed, where there are several. */
export type FailIn = (row: number, reason: string, stage?: number) => void;

/** Rows after a loop, and how many were left after each of its stages. */
export interface LoopedRows extends Rows {
  readonly passed: readonly number[];
}

/** What a generated function works on; `kept` takes the numbers of the rows that are left. */
interface Batch {
  readonly vectors: (Vector | undefined)[];
  readonly length: number;
  readonly rows: Int32Array;
  readonly count: number;
  readonly kept: Int32Array;
  /** Takes how many rows were left after each stage but the last. */
  readonly passed: number[];
  readonly fail: FailIn;
}

/** Fills in the computed vectors; returns how many rows are left. */
type Generated = (batch: Batch) => number;

/**
 * Generates the loop for `steps`, named after the stage; those of several stages come stage by stage,
 * and with the number of `stages`. The frame given is not written to: the one
 * returned has `slots` slots and shares the vectors read. Computed vectors are new for every batch,
 * of the frame's length (rows not selected hold 0 or null), so they may change owner afterwards.
 */
export function emitLoop(
  name: string,
  steps: readonly Step[],
  slots: number,
  stages = 1,
): EmittedLoop {
  const loop = new LoopWriter(steps, stages);
  const source = loop.write(`stage_${identifierOf(name)}`);
  const generated = load(source, loop.writer);
  const { writer, selects } = loop;
  return {
    source,
    run: ({ frame, selection }, fail) => {
      for (const slot of writer.reads) mustHave(frame, slot, name);
      const vectors = Array.from({ length: slots }, (_, slot) => frame.vectors[slot]);
      const { rows, count } = selection;
      const kept = selects ? new Int32Array(count) : rows;
      const { length } = frame;
      const passed: number[] = [];
      const left = generated({ vectors, length, rows, count, kept, passed, fail });
      const after: Selection = selects ? { rows: kept, count: left } : selection;
      return { frame: { vectors, length }, selection: after, passed: [...passed, left] };
    },
  };
}

function load(source: string, writer: ExpressionWriter): Generated {
  const make = new Function('library', source) as (library: object) => Generated;
  return make(Object.fromEntries(writer.runtime));
}

function mustHave({ vectors }: Frame, slot: number, name: string): void {
  if (vectors[slot] !== undefined) return;
  throw new EngineError('ENG_INVARIANT', `engine bug: ${name} reads slot ${slot}, which is empty`);
}

/** Writes the loop's function. */
class LoopWriter implements Loop {
  readonly writer = new ExpressionWriter(functions);
  readonly body = new Block();
  readonly #steps: readonly Step[];
  readonly #stages: number;
  readonly #outputs: string[] = [];
  readonly #results: string[] = [];
  #filters = false;
  #at = 0;
  /** The stage whose steps are written. */
  #stage = 0;

  constructor(steps: readonly Step[], stages: number) {
    this.#steps = steps;
    this.#stages = stages;
  }

  /** Whether rows may be dropped, filtered or failed. */
  get selects(): boolean {
    return this.#filters || this.writer.failing;
  }

  keepWhen({ negated }: Condition): void {
    this.#filters = true;
    this.body.add(`if (${negated}) continue;`);
  }

  store({ slot, type, name }: ComputedColumn, code: Code): void {
    const out = `out${slot}`;
    const value = this.#forLater({ slot, type, name }, code);
    if (isText(type)) {
      this.#outputs.push(`const ${out} = new Array(length).fill(null);${remark(name)}`);
      this.#results.push(`vectors[${slot}] = { kind: "text", values: ${out} };`);
      this.body.add(`${out}[row] = ${value.value};`);
      return;
    }
    const stored = type === 'bool' ? `${operand(value.value)} ? 1 : 0` : value.value;
    const nullable = value.nulls.length > 0;
    const mask = nullable ? `outValid${slot}` : 'null';
    this.#outputs.push(`const ${out} = new Float64Array(length);${remark(name)}`);
    if (nullable) this.#outputs.push(`const ${mask} = new Uint8Array(length);`);
    this.#results.push(`vectors[${slot}] = { kind: "number", values: ${out}, valid: ${mask} };`);
    if (!nullable) {
      this.body.add(`${out}[row] = ${stored};`);
      return;
    }
    const present = new Block(this.body);
    present.add(`${out}[row] = ${stored};`);
    present.add(`${mask}[row] = 1;`);
    this.body.nest(`if (${allOf(value.nulls.map(not))})`, present);
  }

  write(name: string): string {
    const failing = this.#writeSteps();
    const { writer, body } = this;
    const lines = body.lines.concat(this.selects ? 'kept[n++] = row;' : []);
    const rows = [
      'for (let i = 0; i < count; i++) {',
      '  const row = rows[i];',
      ...indent(writer.failing ? this.#catching(lines, failing) : lines),
      '}',
    ];
    const inner = [
      ...writer.vectors,
      ...this.#outputs,
      ...(this.selects ? ['let n = 0;'] : []),
      ...(failing.length > 1 ? ['let step = 0;'] : []),
      ...rows,
      ...this.#results,
      `return ${this.selects ? 'n' : 'count'};`,
    ];
    const used = [...writer.runtime.keys()].sort();
    return [
      '"use strict";',
      ...(used.length > 0 ? [`const { ${used.join(', ')} } = library;`] : []),
      ...writer.constants,
      `return function ${name}({ vectors, length, rows, count, kept, ${this.#isSplit ? 'passed, ' : ''}fail }) {`,
      ...indent(inner),
      '};',
      '',
    ].join('\n');
  }

  /** Whether it matters which stage a row fails in, or gets past. */
  get #isSplit(): boolean {
    return this.#stages > 1;
  }

  /** Counts the rows that get past all stages before one. */
  #enter(stage: number): void {
    for (; this.#stage < stage; this.#stage++) {
      const count = `passed${this.#stage}`;
      this.#outputs.push(`let ${count} = 0;`);
      this.#results.push(`passed[${this.#stage}] = ${count};`);
      this.body.add(`${count}++;`);
    }
  }

  /** Writes all steps; returns those that may fail, in order. */
  #writeSteps(): Step[] {
    const { body } = this;
    const failing = this.#steps.filter((step) => this.#mayFail(step));
    for (const step of this.#steps) {
      const { kernel, args, stage = 0 } = step;
      this.#enter(stage);
      body.add(`// ${remarkOf(kernel.title(args))}`);
      if (failing.length > 1 && failing.includes(step)) {
        body.add(`step = ${failing.indexOf(step)};`);
      }
      this.#at++;
      kernel.emit(args, this);
    }
    this.#enter(this.#stages - 1);
    return failing;
  }

  #mayFail({ kernel, args }: Step): boolean {
    return kernel.expressions(args).some((expression) => this.writer.mayFail(expression));
  }

  #catching(lines: readonly string[], failing: readonly Step[]): string[] {
    const { writer } = this;
    const titles = failing.map(({ kernel, args }) => `${kernel.title(args)}: `);
    const told = [`${this.#ofStep('titles', titles)} + ${writer.use(reasonOf)}(thrown)`];
    if (this.#isSplit)
      told.push(
        this.#ofStep(
          'stages',
          failing.map(({ stage = 0 }) => stage),
        ),
      );
    return [
      'try {',
      ...indent(lines),
      '} catch (thrown) {',
      `  fail(row, ${told.join(', ')});`,
      '}',
    ];
  }

  /** What goes with the step at hand, of one or several that may fail. */
  #ofStep(stem: string, values: readonly (string | number)[]): string {
    if (values.length > 1) return `${this.writer.constant(stem, literalOf(values))}[step]`;
    return literalOf(values[0] ?? '');
  }

  /** Keeps a value under a name when a later step reads its slot. */
  #forLater({ slot, type, name }: ComputedColumn, code: Code): Code {
    const later = this.#steps.slice(this.#at);
    const wanted = later.some(({ kernel, args }) =>
      kernel.expressions(args).some((expression) => slotsOf(expression).includes(slot)),
    );
    if (!wanted) return code;
    const title = `${identifierOf(name)}_${slot}`;
    this.body.add(`const ${title} = ${code.value};`);
    const nulls = this.#nullsForLater(title, isText(type), code.nulls);
    const kept = { value: title, nulls };
    this.body.learn(slot, kept);
    return kept;
  }

  #nullsForLater(title: string, text: boolean, nulls: readonly string[]): readonly string[] {
    if (nulls.length === 0) return nulls;
    if (text) return [`${title} === null`];
    this.body.add(`const ${title}_null = ${anyOf(nulls)};`);
    return [`${title}_null`];
  }
}

const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

const remark = (name: string): string => (name === '' ? '' : ` // ${remarkOf(name)}`);
