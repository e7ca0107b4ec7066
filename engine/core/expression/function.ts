/**
 * What an operator or function of the language is: its arguments, its result and its JavaScript in
 * one value. The registry is a list of these; adding a function is adding an entry.
 */
import type { ColumnType } from '../batch.ts';
import type { Block, Code, Condition } from './block.ts';
import type { CallExpression, TypedExpression } from './types.ts';

/**
 * What an argument may be. `same`: all arguments of this kind in a call share one type, numbers by
 * promotion. `text literal` and `integer literal`: known before the first row. `headers`: the column
 * `_headers`, the only array that a function looks into.
 */
export type ArgumentKind =
  | 'number'
  | 'integer'
  | 'bool'
  | 'string'
  | 'timestamp'
  | 'headers'
  | 'any'
  | 'same'
  | 'text literal'
  | 'integer literal';

/** What is wrong with the value of one argument. */
export interface ArgumentProblem {
  readonly argument: number;
  readonly message: string;
  readonly hint?: string;
}

/** One operator or function. Names of operators cannot be written as calls. */
export interface FunctionEntry {
  readonly name: string;
  /** How it is written, e.g. `round(x [, digits])`. */
  readonly usage: string;
  /** One sentence for the reference. */
  readonly summary: string;
  /** Kinds of the arguments, or the kinds for a number of them. */
  readonly arguments: readonly ArgumentKind[] | ((count: number) => readonly ArgumentKind[]);
  /** How many of the last arguments may be left out. */
  readonly optional?: number;
  /** True: the last kind repeats as often as wanted. */
  readonly repeats?: boolean;
  /** `same`: the shared type of the arguments of that kind. */
  readonly type: ColumnType | 'same' | ((args: readonly TypedExpression[]) => ColumnType);
  /** Whether the result may be null; by default when an argument may. */
  readonly nullable?: (args: readonly TypedExpression[]) => boolean;
  /** Looks at literal arguments. */
  readonly check?: (args: readonly TypedExpression[]) => ArgumentProblem | null;
  /** True: the time zone is appended to the arguments, as a text literal. */
  readonly zoned?: boolean;
  /** Whether the call itself may fail on a row (not whether its arguments may). */
  readonly fails?: (call: CallExpression) => boolean;
  /** The call as code; statements it needs go into `block`. */
  readonly write: (call: CallExpression, writer: Writer, block: Block) => Code;
  /** The call as a condition, when that is simpler than its three-valued result. */
  readonly truth?: (call: CallExpression, writer: Writer, block: Block) => Condition | null;
}

/** A function that generated code may call; taken by name. */
export type RuntimeFunction = (...args: never[]) => unknown;

/** What entries write their code with. */
export interface Writer {
  /** The value of an expression; the statements for it go into `block`, which is where it holds. */
  expression(node: TypedExpression, block: Block): Code;
  /** Whether an expression is true. */
  truth(node: TypedExpression, block: Block): Condition;
  /** Makes a function callable from generated code; returns its name there. */
  use(runtime: RuntimeFunction): string;
  /** Computes `code` once, before any row; returns its name. Same code, same name. */
  constant(stem: string, code: string): string;
  /** A name nobody has. */
  fresh(stem: string): string;
  /** Keeps a value that costs something in a constant of `block`, so that it may be read twice. */
  keep(code: Code, block: Block): Code;
  /** The vector of a text column, for comparing its bytes. */
  textColumn(slot: number, name: string): string;
  /** One atom for any of some nulls. */
  keepNulls(nulls: readonly string[], block: Block): string;
  /** Whether a call itself may fail on a row; asking notes that the loop has to catch. */
  fails(call: CallExpression): boolean;
  /** Whether anything in an expression may fail on a row. */
  mayFail(node: TypedExpression): boolean;
}
