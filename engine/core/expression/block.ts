/** Lines of generated code in nested scopes. */

/**
 * A value in generated code. `value` is an expression without side effects that cannot throw.
 * It is null when any of `nulls` is true (none: never null). Then `value` is JS null for text, false
 * for bool, any number for numbers: so the value of a bool says whether it is *true*.
 * `negated` is the opposite of `value`, where it can be said better than with `!`.
 */
export interface Code {
  readonly value: string;
  readonly nulls: readonly string[];
  readonly negated?: string;
}

/** Whether something is true in the sense of `where`: false and null count as not. */
export interface Condition {
  readonly value: string;
  readonly negated: string;
}

/** The lines between two braces; knows what the blocks around it have computed. */
export class Block {
  readonly lines: string[] = [];
  readonly #parent: Block | null;
  readonly #known = new Map<number, Code>();

  constructor(parent: Block | null = null) {
    this.#parent = parent;
  }

  /** The block of the loop itself, run for every row. */
  get root(): Block {
    return this.#parent === null ? this : this.#parent.root;
  }

  get isEmpty(): boolean {
    return this.lines.length === 0;
  }

  add(line: string): void {
    this.lines.push(line);
  }

  /** `head { … }` around the lines of `inner`. */
  nest(head: string, inner: Block): void {
    this.lines.push(`${head} {`, ...inner.lines.map((line) => `  ${line}`), '}');
  }

  /** `if (condition) { … } else { … }`; an empty side is left out. */
  fork(condition: Condition, then: Block, otherwise: Block): void {
    if (then.isEmpty && otherwise.isEmpty) return;
    if (then.isEmpty) {
      this.nest(`if (${condition.negated})`, otherwise);
      return;
    }
    this.nest(`if (${condition.value})`, then);
    if (otherwise.isEmpty) return;
    this.lines.pop();
    this.nest('} else', otherwise);
  }

  /** What a slot's value is called here, if some line above has read it. */
  known(slot: number): Code | undefined {
    return this.#known.get(slot) ?? this.#parent?.known(slot);
  }

  learn(slot: number, code: Code): void {
    this.#known.set(slot, code);
  }
}

/** All nulls of some codes, each once. */
export const nullsOf = (codes: readonly Code[]): string[] => [
  ...new Set(codes.flatMap(({ nulls }) => nulls)),
];
