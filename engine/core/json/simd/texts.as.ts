/**
 * Numbers for texts seen lately, in AssemblyScript: rows with the same number have the same text, so
 * that whoever makes something of a text (a key's id, a time) makes it once. Compiled with match.as.ts.
 *
 * A table of slots, found by hash; a text that comes to a slot where another is takes its place, with a
 * number that no text had before: a count of such arrivals, and in its low bits the slot.
 *
 * A field whose texts hardly come back is left alone for a while: asking would be in vain.
 */

// A slot: 32 bytes of text, filled up with 0, which no text holds; then its number. As in memory.ts.
const SLOTS: u64 = 1024;
const SLOT_BYTES: usize = 48;
const NUMBER_AT: usize = 32;
const LONGEST: usize = 32;

const FIRST: u64 = 0x9e3779b97f4a7c15;
const SECOND: u64 = 0xc2b2ae3d27d4eb4f;

// What is known of a field, at its entry in the field table: as in memory.ts.
/** Texts that get no number before the next that is asked about. */
const RESTING: usize = 32;
const ASKED: usize = 36;
const ARRIVED: usize = 40;

/** So many are asked about before it is seen whether that was in vain, */
const TRIAL: i32 = 1024;
/** that is, whether more than this had to be given a slot; */
const MOST_ARRIVED: i32 = 512;
/** then so many are not asked about. */
const REST: i32 = 32768;

let slots: usize = 0;
let arrivals: f64 = 0;

/** Where the table lies. */
export function placeTexts(at: usize): void {
  slots = at;
}

/** The number of the text [p, end) of a field, 0 for one that has none. Reads up to 32 bytes. */
export function numberIn(field: usize, p: usize, end: usize): f64 {
  const resting = load<i32>(field, RESTING);
  if (resting > 0) {
    store<i32>(field, resting - 1, RESTING);
    return 0;
  }
  const before = arrivals;
  const number = numberOf(p, end);
  const asked = load<i32>(field, ASKED) + 1;
  const arrived = load<i32>(field, ARRIVED) + i32(arrivals != before);
  const isOver = asked == TRIAL;
  store<i32>(field, isOver ? 0 : asked, ASKED);
  store<i32>(field, isOver ? 0 : arrived, ARRIVED);
  if (isOver && arrived > MOST_ARRIVED) store<i32>(field, REST, RESTING);
  return number;
}

/** As numberIn, whatever came before; 0 for a text that is too long. */
function numberOf(p: usize, end: usize): f64 {
  const length = end - p;
  if (length > LONGEST) return 0;
  const low = v128.and(v128.load(p), before(length));
  const high = length <= 16 ? i64x2.splat(0) : v128.and(v128.load(p, 16), before(length - 16));
  // The bytes folded to sixteen, and these to eight: what differs in a few digits is far apart.
  const words = v128.xor(low, i32x4.add(high, i32x4.shl(high, 7)));
  const mixed = (<u64>i64x2.extract_lane(words, 0)) ^ (<u64>i64x2.extract_lane(words, 1) * FIRST);
  const index = ((mixed ^ (mixed >> 32)) * SECOND) >> 54;
  const slot = slots + <usize>index * SLOT_BYTES;
  const others = v128.or(v128.xor(low, v128.load(slot)), v128.xor(high, v128.load(slot, 16)));
  // The empty text fits an empty slot, too: its number is 0 until it has arrived there.
  let number = load<f64>(slot, NUMBER_AT);
  if (number != 0 && !v128.any_true(others)) return number;
  arrivals += 1;
  number = arrivals * <f64>SLOTS + <f64>index;
  v128.store(slot, low);
  v128.store(slot, high, 16);
  store<f64>(slot, number, NUMBER_AT);
  return number;
}

/** Ones in the first `count` bytes. */
function before(count: usize): v128 {
  return i8x16.lt_u(
    i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
    i8x16.splat(<i8>count),
  );
}
