/** Writes expressions as JavaScript, into blocks of a function that runs once for every row. */
import { isText, textOf } from '../batch.ts';
import type { BytesVector, TextVector } from '../batch.ts';
import { EngineError } from '../../errors.ts';
import type { Block } from './block.ts';
import type { Code, Condition } from './block.ts';
import type { FunctionEntry, RuntimeFunction, Writer } from './function.ts';
import { anyOf, identifierOf, isAtom, literalOf, not, remarkOf } from './javascript.ts';
import { mayFail } from './may-fail.ts';
import { defaultOf } from './strict.ts';
import type {
  CallExpression,
  ColumnExpression,
  LiteralExpression,
  TypedExpression,
} from './types.ts';

/**
 * Collects what the code of one function refers to. Names inside: `NAME_3` is column 3 of the row at
 * hand, `values3` and `column3` its vector, `v1` and `n1` temporaries. None can be another.
 */
export class ExpressionWriter implements Writer {
  /** What generated code calls, by name. */
  readonly runtime = new Map<string, RuntimeFunction>();
  /** Lines to run once when the function is built. */
  readonly constants: string[] = [];
  /** Lines to run once for every batch: the vectors that are read. */
  readonly vectors: string[] = [];
  /** Slots read from the frame. */
  readonly reads = new Set<number>();
  readonly #functions: ReadonlyMap<string, FunctionEntry>;
  readonly #constantNames = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  #failing = false;

  constructor(functions: ReadonlyMap<string, FunctionEntry>) {
    this.#functions = functions;
  }

  /** True once code has been written that may throw ExpressionFailure. */
  get failing(): boolean {
    return this.#failing;
  }

  expression(node: TypedExpression, block: Block): Code {
    if (node.kind === 'literal') return literalCode(node);
    if (node.kind === 'call') return this.#entry(node).write(node, this, block);
    return block.known(node.slot) ?? this.#read(node, block);
  }

  truth(node: TypedExpression, block: Block): Condition {
    if (node.kind === 'call') {
      const condition = this.#entry(node).truth?.(node, this, block) ?? null;
      if (condition !== null) return condition;
    }
    const { value, negated } = this.expression(node, block);
    return { value, negated: negated ?? not(value) };
  }

  use(runtime: RuntimeFunction): string {
    const known = this.runtime.get(runtime.name);
    if (known !== undefined && known !== runtime) {
      throw new EngineError('ENG_INVARIANT', `engine bug: two functions ${runtime.name}`);
    }
    this.runtime.set(runtime.name, runtime);
    return runtime.name;
  }

  constant(stem: string, code: string): string {
    const known = this.#constantNames.get(code);
    if (known !== undefined) return known;
    const name = this.fresh(stem);
    this.#constantNames.set(code, name);
    this.constants.push(`const ${name} = ${code};`);
    return name;
  }

  fresh(stem: string): string {
    const count = (this.#counts.get(stem) ?? 0) + 1;
    this.#counts.set(stem, count);
    return `${stem}${count}`;
  }

  keep(code: Code, block: Block): Code {
    if (isAtom(code.value)) return code;
    const name = this.fresh('v');
    block.add(`const ${name} = ${code.value};`);
    return { value: name, nulls: code.nulls };
  }

  keepNulls(nulls: readonly string[], block: Block): string {
    if (nulls.length === 1) return nulls[0] as string;
    const code = anyOf(nulls);
    const name = this.fresh('n');
    block.add(`const ${name} = ${code};`);
    return name;
  }

  textColumn(slot: number, name: string): string {
    if (!this.reads.has(slot)) {
      this.reads.add(slot);
      this.vectors.push(`const column${slot} = vectors[${slot}]; // ${remarkOf(name)}`);
    }
    return `column${slot}`;
  }

  fails(call: CallExpression): boolean {
    const fails = this.#entry(call).fails?.(call) ?? false;
    this.#failing ||= fails;
    return fails;
  }

  mayFail(node: TypedExpression): boolean {
    return mayFail(node, this.#functions);
  }

  #entry({ name }: CallExpression): FunctionEntry {
    const entry = this.#functions.get(name);
    if (entry === undefined) {
      throw new EngineError('ENG_INVARIANT', `engine bug: no function ${name}`);
    }
    return entry;
  }

  /** Numbers are read where the row begins, as that is cheap; text where it is first wanted. */
  #read(column: ColumnExpression, block: Block): Code {
    const { slot, type } = column;
    const name = `${identifierOf(column.name)}_${slot}`;
    if (isText(type)) {
      block.add(`const ${name} = ${this.use(textAt)}(${this.textColumn(slot, column.name)}, row);`);
      const code = { value: name, nulls: column.nullable ? [`${name} === null`] : [] };
      block.learn(slot, code);
      return code;
    }
    const code = this.#readNumber(column, name, block.root);
    block.root.learn(slot, code);
    return code;
  }

  #readNumber(
    { slot, type, nullable, name: title }: ColumnExpression,
    name: string,
    at: Block,
  ): Code {
    if (!this.reads.has(slot)) {
      this.reads.add(slot);
      this.vectors.push(`const values${slot} = vectors[${slot}].values; // ${remarkOf(title)}`);
      if (nullable) {
        const valid = `${this.use(validityOf)}(vectors[${slot}], length)`;
        this.vectors.push(`const valid${slot} = ${valid};`);
      }
    }
    const value = type === 'bool' ? `values${slot}[row] === 1` : `values${slot}[row]`;
    if (!nullable) {
      at.add(`const ${name} = ${value};`);
      return { value: name, nulls: [] };
    }
    at.add(`const ${name}_null = valid${slot}[row] === 0;`);
    at.add(`const ${name} = ${type === 'bool' ? `!${name}_null && ${value}` : value};`);
    return { value: name, nulls: [`${name}_null`] };
  }
}

function literalCode({ type, value }: LiteralExpression): Code {
  if (value === null) return { value: defaultOf(type), nulls: ['true'] };
  if (type === 'bool') return { value: value === 0 ? 'false' : 'true', nulls: [] };
  return { value: literalOf(value), nulls: [] };
}

/** The text in a row of a text column, or null. Decodes bytes: O(length of the text). */
function textAt(vector: BytesVector | TextVector, row: number): string | null {
  if (vector.kind === 'text') return vector.values[row] ?? null;
  const start = vector.start[row] as number;
  return start < 0 ? null : textOf(vector.bytes, start, vector.end[row] as number);
}

let allValid = new Uint8Array(0);

/** The mask of a number vector; for one without nulls a shared mask of ones, never written. */
function validityOf({ valid }: { valid: Uint8Array | null }, length: number): Uint8Array {
  if (valid !== null) return valid;
  if (allValid.length < length) allValid = new Uint8Array(2 * length).fill(1);
  return allValid;
}
