/**
 * When and what a tree of shapes learns.
 */
import { textOf } from '../batch.ts';
import type { Records } from './records.ts';
import type { Locator } from './locate.ts';
import { CONTAINER_SLOT, END_SLOT } from './shape-nodes.ts';
import type { ShapeNodes, Step } from './shape-nodes.ts';
import { GRAIN, stepsOf } from './shape-steps.ts';
import { skipSpace } from './skip.ts';
import type { Validator } from './validate.ts';

/** Records that may be learned from at once, and one more for each of so many records. */
const LEARN_FIRST = 64;
const LEARN_EVERY = 256;
/** A full tree starts anew with coarser slots if more than one record in so many had missed. */
const MISSES = 16;
/** Slots become coarser too when half of so many records, the first ones, have missed. */
const TRIAL = 1024;
/** Records that go the plain way before another try, where even coarse shapes hardly recur. */
const REST = 1 << 16;
/** Looks for values that stay the same: so many at a short distance first, then at a long one. */
const FIRST_LOOKS = 24;
const SHORT = 16;
const LONG = 2048;
/** A value has stayed the same when so many looks in a row found it so. */
const STEADY = 6;

/** What is known of a slot nobody reads: its last value, and how many looks found that one. */
interface Habit {
  value: string;
  looks: number;
}

/**
 * Learns the shapes of records that no known shape matched, and jumps over values that stay the
 * same. Learning costs some microseconds a record, and is rationed so that it costs little however
 * the records vary. It draws on no randomness: what is learned depends on the records alone.
 */
export class ShapeLearner {
  readonly #tree: ShapeNodes;
  readonly #found: Locator;
  readonly #validator: Validator;
  readonly #habits = new Map<number, Habit>();
  #bytes: Uint8Array = new Uint8Array(0);
  #grain: number = GRAIN.scalars;
  #records = 0;
  #misses = 0;
  #learned = 0;
  #looks = 0;
  #nextLook = SHORT;

  constructor(tree: ShapeNodes, found: Locator, validator: Validator) {
    this.#tree = tree;
    this.#found = found;
    this.#validator = validator;
  }

  /** Learns from records of `bytes` from now on. */
  open(bytes: Uint8Array): void {
    this.#bytes = bytes;
  }

  /** Whether it is worth asking the tree. */
  get isActive(): boolean {
    return this.#grain <= GRAIN.containers;
  }

  /** Takes note of a record that matched; now and then has a look at it. */
  hit(from: number, to: number): void {
    if (++this.#records >= this.#nextLook) this.#look(from, to);
  }

  /** As `hit` for each of `count` records from `first` on. */
  hitAll({ valueStart, valueEnd }: Records, first: number, count: number): void {
    const end = first + count;
    let row = first;
    while (this.#records + end - row >= this.#nextLook) {
      const step = Math.max(1, this.#nextLook - this.#records);
      this.#records += step;
      row += step;
      this.#look(valueStart[row - 1] as number, valueEnd[row - 1] as number);
    }
    this.#records += end - row;
  }

  /** Takes note of a record that did not match, was accepted, and is what `found` last located. */
  missed(from: number, to: number): void {
    this.#records++;
    this.#misses++;
    if (!this.isActive) {
      if (this.#records > REST) this.#restart(GRAIN.scalars);
    } else if (this.#misses * 2 > TRIAL && this.#records <= TRIAL) {
      this.#startAnew();
    } else if (this.#learned < LEARN_FIRST + this.#records / LEARN_EVERY) {
      this.#learned++;
      const steps = this.#stepsOf(from, to);
      if (steps !== null && this.#pathOf(steps) === null) this.#startAnew();
    }
  }

  /** The steps of a located record, null if it is not valid JSON through and through. */
  #stepsOf(from: number, to: number): Step[] | null {
    const bytes = this.#bytes;
    const end = this.#validator.value(bytes, from, to);
    if (end < 0 || skipSpace(bytes, end, to) !== to) return null;
    return stepsOf(bytes, { from, to }, this.#found, this.#grain);
  }

  /** The nodes of the steps, added where they are new; null if there is no room. */
  #pathOf(steps: readonly Step[]): number[] | null {
    const path: number[] = [];
    let node = 0;
    for (const step of steps) {
      node = this.#tree.childOf(node, step);
      if (node === 0) return null;
      path.push(node);
    }
    return path;
  }

  /** Compares the values of a record with those of earlier looks, and sets the jumps by it. */
  #look(from: number, to: number): void {
    this.#looks++;
    const distance = this.#looks < FIRST_LOOKS ? SHORT : LONG;
    // not a fixed distance, which a period in the records could be a multiple of
    this.#nextLook = this.#records + distance + (((this.#looks * 7) % distance) >> 1) + 1;
    if (this.#found.locate(this.#bytes, from, to) !== 0) return;
    const steps = this.#stepsOf(from, to);
    const path = steps === null ? null : this.#pathOf(steps);
    if (steps === null || path === null) return;
    const steady = steps.map((step, i) => this.#isSteady(step, steps[i + 1], path[i] as number));
    for (let i = 0; i < steps.length; i++) {
      const parent = i === 0 ? 0 : (path[i - 1] as number);
      let last = i;
      while (steady[last] === true && this.#tree.hasOneChild(path[last] as number)) last++;
      const target = path[last] as number;
      const jump = { ...(steps[last] as Step), from: (steps[i] as Step).from };
      if (last === i) this.#tree.clearJump(parent);
      else if (!this.#tree.setJump(parent, jump, target)) {
        this.#startAnew();
        return;
      }
      i = last;
    }
  }

  /** Whether the value that fills the slot after `step` has long been what it is now. */
  #isSteady(step: Step, next: Step | undefined, node: number): boolean {
    if (step.field >= 0 || step.slot === END_SLOT || step.slot === CONTAINER_SLOT) return false;
    const value = textOf(this.#bytes, step.to, next?.from ?? step.to);
    const habit = this.#habits.get(node);
    if (habit?.value === value) return ++habit.looks >= STEADY;
    this.#habits.set(node, { value, looks: 1 });
    return false;
  }

  /** The tree is full: shapes have changed over time, or they vary too much for such fine slots. */
  #startAnew(): void {
    this.#restart(this.#misses * MISSES < this.#records ? this.#grain : this.#grain + 1);
  }

  #restart(grain: number): void {
    this.#tree.clear();
    this.#habits.clear();
    this.#grain = grain;
    this.#records = this.#misses = this.#learned = this.#looks = 0;
    this.#nextLook = SHORT;
  }
}
