/**
 * Runs patterns in time linear in the text, whatever the pattern: a nondeterministic machine (after
 * Thompson, CACM 1968) whose sets of states become states of a deterministic one when first met.
 * So no pattern of a definition can stall a worker.
 */
import type { CharacterSet, Pattern } from './pattern.ts';
import { PatternError, parsePattern } from './pattern.ts';

/** A step of the machine: reads a character, looks at the place, or forks. */
type Step =
  | { readonly kind: 'read'; readonly set: CharacterSet; readonly next: number }
  | { readonly kind: 'start' | 'end'; readonly next: number }
  | { readonly kind: 'fork'; readonly nexts: number[] }
  | { readonly kind: 'match' };

/** Steps of a pattern with its counted repeats written out. */
const MAX_STEPS = 2000;
/** State changes remembered before starting over: bounds the memory of odd patterns and texts. */
const MAX_REMEMBERED = 20_000;

/** Why a pattern cannot be used, or null. */
export function patternProblem(pattern: string): string | null {
  try {
    assemble(parsePattern(pattern));
    return null;
  } catch (error) {
    if (error instanceof PatternError) return error.message;
    throw error;
  }
}

/**
 * Compiles a pattern into a test whether it is found anywhere in a text. Throws PatternError.
 * O(text) amortised, O(text · pattern) at worst; the test keeps at most 20,000 state changes in mind.
 */
export function regexpMatcher(pattern: string): (text: string) => boolean {
  const machine = new Machine(assemble(parsePattern(pattern)));
  return (text) => machine.finds(text);
}

/** A set of steps to be in at once. */
interface State {
  readonly steps: readonly number[];
  readonly matches: boolean;
  /** Whether it matches if the text ends here. */
  readonly matchesAtEnd: boolean;
  /** The state after a character, once known. */
  readonly after: Map<number, State>;
}

class Machine {
  readonly #program: readonly Step[];
  readonly #states = new Map<string, State>();
  #first: State;
  #remembered = 0;

  constructor(program: readonly Step[]) {
    this.#program = program;
    this.#first = this.#stateOf([0], true);
  }

  finds(text: string): boolean {
    let state = this.#first;
    for (let i = 0; i < text.length; i++) {
      if (state.matches) return true;
      const code = text.codePointAt(i) as number;
      if (code > 0xffff) i++;
      state = state.after.get(code) ?? this.#step(state, code);
    }
    return state.matches || state.matchesAtEnd;
  }

  #step(state: State, code: number): State {
    if (++this.#remembered > MAX_REMEMBERED) {
      this.#remembered = 0;
      this.#states.clear();
      this.#first = this.#stateOf([0], true);
    }
    const next: number[] = [0];
    for (const index of state.steps) {
      const step = this.#program[index] as Step;
      if (step.kind === 'read' && holds(step.set, code)) next.push(step.next);
    }
    const after = this.#stateOf(next, false);
    state.after.set(code, after);
    return after;
  }

  #stateOf(entries: readonly number[], atStart: boolean): State {
    const steps = this.#reach(entries, { start: atStart, end: false });
    // The same steps may end differently where the text begins: `$^`.
    const key = `${atStart ? '^' : ''}${steps.join()}`;
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    const matches = this.#hasMatch(steps);
    const atEnd = this.#reach(steps, { start: atStart, end: true });
    const state = { steps, matches, matchesAtEnd: this.#hasMatch(atEnd), after: new Map() };
    this.#states.set(key, state);
    return state;
  }

  /** Every step that can be reached without reading, in order; looks stay in, for the end. */
  #reach(entries: readonly number[], place: { start: boolean; end: boolean }): number[] {
    const seen = new Set<number>();
    const open = [...entries];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      if (seen.has(index)) continue;
      seen.add(index);
      const step = this.#program[index] as Step;
      if (step.kind === 'fork') open.push(...step.nexts);
      else if ((step.kind === 'start' || step.kind === 'end') && place[step.kind]) {
        open.push(step.next);
      }
    }
    return [...seen].sort((a, b) => a - b);
  }

  #hasMatch(steps: readonly number[]): boolean {
    return steps.some((index) => (this.#program[index] as Step).kind === 'match');
  }
}

function holds({ ranges, negated }: CharacterSet, code: number): boolean {
  for (const [low, high] of ranges) if (code >= low && code <= high) return !negated;
  return negated;
}

/** Pattern → steps; step 0 is the first. */
function assemble(pattern: Pattern): Step[] {
  const program: Step[] = [{ kind: 'fork', nexts: [] }];
  const add = (step: Step): number => {
    if (program.length >= MAX_STEPS) throw new PatternError('the pattern is too large');
    return program.push(step) - 1;
  };
  const entry = attach(pattern, add({ kind: 'match' }), add);
  (program[0] as { nexts: number[] }).nexts.push(entry);
  return program;
}

/** Adds the steps of a pattern that go on at `next`; returns where they begin. */
function attach(pattern: Pattern, next: number, add: (step: Step) => number): number {
  switch (pattern.kind) {
    case 'set':
      return add({ kind: 'read', set: pattern.set, next });
    case 'start':
    case 'end':
      return add({ kind: pattern.kind, next });
    case 'sequence':
      return pattern.parts.reduceRight((after, part) => attach(part, after, add), next);
    case 'choice':
      return add({ kind: 'fork', nexts: pattern.parts.map((part) => attach(part, next, add)) });
    case 'repeat':
      return attachRepeat(pattern, next, add);
  }
}

function attachRepeat(
  { part, least, most }: Extract<Pattern, { kind: 'repeat' }>,
  next: number,
  add: (step: Step) => number,
): number {
  let after = next;
  if (most === Infinity) {
    const loop: Extract<Step, { kind: 'fork' }> = { kind: 'fork', nexts: [next] };
    after = add(loop);
    loop.nexts.push(attach(part, after, add));
  } else {
    for (let i = least; i < most; i++) {
      after = add({ kind: 'fork', nexts: [next, attach(part, after, add)] });
    }
  }
  for (let i = 0; i < least; i++) after = attach(part, after, add);
  return after;
}
