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
import type { ComputedColumn, Fail, FusedKernel, Loop, Rows } from './operation/kernel.ts';

/** A kernel with its arguments, ready to be written. */
export interface Step {
  readonly kernel: FusedKernel<unknown>;
  readonly args: unknown;
}

/** A generated loop and its text. */
export interface EmittedLoop {
  readonly source: string;
  readonly run: (rows: Rows, fail: Fail) => Rows;
}

/** What a generated function works on; `kept` takes the numbers of the rows that are left. */
interface Batch {
  readonly vectors: (Vector | undefined)[];
  readonly length: number;
  readonly rows: Int32Array;
  readonly count: number;
  readonly kept: Int32Array;
  readonly fail: Fail;
}

/** Fills in the computed vectors; returns how many rows are left. */
type Generated = (batch: Batch) => number;

/**
 * Generates the loop for `steps`, named after the stage. The frame given is not written to: the one
 * returned has `slots` slots and shares the vectors read. Computed vectors are new for every batch,
 * of the frame's length (rows not selected hold 0 or null), so they may change owner afterwards.
 */
export function emitLoop(name: string, steps: readonly Step[], slots: number): EmittedLoop {
  const loop = new LoopWriter(steps);
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
      const left = generated({ vectors, length: frame.length, rows, count, kept, fail });
      const after: Selection = selects ? { rows: kept, count: left } : selection;
      return { frame: { vectors, length: frame.length }, selection: after };
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
  readonly #outputs: string[] = [];
  readonly #results: string[] = [];
  #filters = false;
  #at = 0;

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
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
    const titles = this.#writeSteps();
    const { writer, body } = this;
    const lines = body.lines.concat(this.selects ? 'kept[n++] = row;' : []);
    const rows = [
      'for (let i = 0; i < count; i++) {',
      '  const row = rows[i];',
      ...indent(writer.failing ? this.#catching(lines, titles) : lines),
      '}',
    ];
    const inner = [
      ...writer.vectors,
      ...this.#outputs,
      ...(this.selects ? ['let n = 0;'] : []),
      ...(titles.length > 1 ? ['let step = 0;'] : []),
      ...rows,
      ...this.#results,
      `return ${this.selects ? 'n' : 'count'};`,
    ];
    const used = [...writer.runtime.keys()].sort();
    return [
      '"use strict";',
      ...(used.length > 0 ? [`const { ${used.join(', ')} } = library;`] : []),
      ...writer.constants,
      `return function ${name}({ vectors, length, rows, count, kept, fail }) {`,
      ...indent(inner),
      '};',
      '',
    ].join('\n');
  }

  /** Writes all steps; returns the titles of those that may fail, in order. */
  #writeSteps(): string[] {
    const titles: string[] = [];
    const { body } = this;
    const failing = this.#steps.filter((step) => this.#mayFail(step));
    for (const step of this.#steps) {
      const { kernel, args } = step;
      const title = kernel.title(args);
      body.add(`// ${remarkOf(title)}`);
      if (failing.includes(step)) {
        if (failing.length > 1) body.add(`step = ${titles.length};`);
        titles.push(`${title}: `);
      }
      this.#at++;
      kernel.emit(args, this);
    }
    return titles;
  }

  #mayFail({ kernel, args }: Step): boolean {
    return kernel.expressions(args).some((expression) => this.writer.mayFail(expression));
  }

  #catching(lines: readonly string[], titles: readonly string[]): string[] {
    const { writer } = this;
    const reason = `${writer.use(reasonOf)}(thrown)`;
    const title =
      titles.length > 1
        ? `${writer.constant('titles', literalOf(titles))}[step]`
        : literalOf(titles[0] ?? '');
    return [
      'try {',
      ...indent(lines),
      '} catch (thrown) {',
      `  fail(row, ${title} + ${reason});`,
      '}',
    ];
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
