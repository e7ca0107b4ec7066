/**
 * The shape of one record: literals and the slots between them.
 */
import { SCALAR } from './byte-class.ts';
import type { Locator } from './locate.ts';
import { skipContainer, skipScalar, skipSpace, skipString } from './skip.ts';
import { CONTAINER_SLOT, END_SLOT, SCALAR_SLOT, TEXT_SLOT } from './shape-nodes.ts';
import type { Step } from './shape-nodes.ts';

/** How much of the values nobody reads is one slot: the coarser, the fewer shapes there are. */
export const GRAIN = {
  /** Every number, word and text. */
  scalars: 0,
  /** Arrays too. */
  arrays: 1,
  /** Arrays and objects. */
  containers: 2,
} as const;

/**
 * The steps of the record bytes[from, to), which must be valid JSON and located by `found`.
 * A `null` in place of an object that may hold fields is no slot: another word there is an error.
 */
export function stepsOf(
  bytes: Uint8Array,
  range: { readonly from: number; readonly to: number },
  found: Locator,
  grain: number,
): Step[] {
  const steps: Step[] = [];
  const { from, to } = range;
  const { start } = found.places;
  let literal = from;
  let p = from;
  const addStep = (slotAt: number, slot: number, after: number, field: number): void => {
    steps.push({ from: literal, to: slotAt, slot, field });
    p = literal = after;
  };
  while (p < to) {
    const byte = bytes[p] as number;
    const field = start.indexOf(p);
    if (byte === 0x22 /* " */) {
      const after = skipString(bytes, p + 1, to);
      const isKey = bytes[skipSpace(bytes, after, to)] === 0x3a; /* : */
      if (isKey) p = after;
      else addStep(p + 1, TEXT_SLOT, after, field);
    } else if (field >= 0 && byte === 0x5b /* [ */) {
      addStep(p, CONTAINER_SLOT, skipContainer(bytes, p, to), field);
    } else if (isOpaque(byte, grain) && !mayHoldField(found, p, skipContainer(bytes, p, to))) {
      addStep(p, CONTAINER_SLOT, skipContainer(bytes, p, to), field);
    } else if (SCALAR[byte] === 1) {
      if (found.nulls.includes(p)) p += 4;
      else addStep(p, SCALAR_SLOT, skipScalar(bytes, p, to), field);
    } else {
      p++;
    }
  }
  addStep(to, END_SLOT, to, -1);
  return steps;
}

const isOpaque = (byte: number, grain: number): boolean =>
  (byte === 0x5b /* [ */ && grain >= GRAIN.arrays) ||
  (byte === 0x7b /* { */ && grain >= GRAIN.containers);

/**
 * Whether bytes[from, to) holds a field, or an object or null where fields may be: another record
 * that is like this one elsewhere may have them.
 */
const mayHoldField = (found: Locator, from: number, to: number): boolean =>
  [found.places.start, found.objects, found.nulls].some((places) =>
    places.some((at) => at >= from && at < to),
  );
