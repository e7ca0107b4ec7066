/**
 * Where records are, in AssemblyScript: lines of text, and the records of a Kafka record batch (format
 * 2: zig-zag varints, see workers/decode-kafka.ts). Compiled with match.as.ts, for the same memory:
 * the bytes that are looked through here are read there, and are brought into it once.
 */

/** Rows of one call at most: as in memory.ts. */
const ROWS: i32 = 2048;

// What `walk` writes: as in memory.ts.
const END_AT: usize = 0;
const ROW_COUNT: usize = 4;
const OFFSETS: usize = 16;
const TIMESTAMPS: usize = OFFSETS + ROWS * 8;
const KEY_STARTS: usize = TIMESTAMPS + ROWS * 8;
const KEY_ENDS: usize = KEY_STARTS + ROWS * 4;
const VALUE_STARTS: usize = KEY_ENDS + ROWS * 4;
const VALUE_ENDS: usize = VALUE_STARTS + ROWS * 4;

/** Position after the varint read last. */
let after: usize = 0;
/** Whether a varint did not fit into 28 bits. */
let isWide: bool = false;

/** Writes where lines of the input end, from `origin` on, to `ends`, at most `most`; how many. */
export function lines(from: usize, to: usize, ends: usize, most: i32, origin: i32): i32 {
  let count = 0;
  for (let p = from; p < to; p += 16) {
    let found = i8x16.bitmask(i8x16.eq(v128.load(p), i8x16.splat(0x0a)));
    while (found != 0) {
      const at = p + ctz(found);
      if (at >= to || count == most) return count;
      store<i32>(ends + ((<usize>count) << 2), origin + <i32>(at - from));
      count++;
      found &= found - 1;
    }
  }
  return count;
}

/** How many lines of the input end. */
export function countLines(from: usize, to: usize): i32 {
  let count = 0;
  let p = from;
  for (; p + 16 <= to; p += 16) {
    count += popcnt(i8x16.bitmask(i8x16.eq(v128.load(p), i8x16.splat(0x0a))));
  }
  for (; p < to; p++) count += i32(load<u8>(p) == 0x0a);
  return count;
}

/**
 * Walks over `left` records at most, from `p` on, up to the first that begins at `stop`. Those with
 * an offset delta of [least, most) become rows of the columns at `out`, positions `shift` less than
 * the addresses. Returns how many it walked over: it stops before a record that is not whole at `end`,
 * or that has something rare in it. The base is an offset; the time that of the batch, all of its
 * records' when it `isAppended`.
 */
export function walk(
  p: usize,
  stop: usize,
  end: usize,
  left: i32,
  shift: i32,
  least: i32,
  most: i32,
  base: f64,
  time: f64,
  isAppended: i32,
  out: usize,
): i32 {
  let row: usize = 0;
  let walked = 0;
  isWide = false;
  while (walked < left && <i32>row < ROWS && p < stop) {
    const length = varint(p);
    const recordEnd = after + <usize>length;
    if (isWide || length < 0 || recordEnd > end) break;
    const timeDelta = varint(after + 1);
    const delta = varint(after);
    const keyLength = varint(after);
    const keyAt = after;
    const keyEnd = keyLength > 0 ? keyAt + <usize>keyLength : keyAt;
    if (isWide || keyEnd > recordEnd) break;
    const valueLength = varint(keyEnd);
    const valueAt = after;
    const valueEnd = valueLength > 0 ? valueAt + <usize>valueLength : valueAt;
    if (isWide || valueEnd > recordEnd) break;
    p = recordEnd;
    walked++;
    if (delta < least || delta >= most) continue;
    const wide = out + (row << 3);
    const narrow = out + (row << 2);
    store<f64>(wide, base + <f64>delta, OFFSETS);
    store<f64>(wide, isAppended != 0 ? time : time + <f64>timeDelta, TIMESTAMPS);
    store<i32>(narrow, keyLength < 0 ? -1 : <i32>keyAt - shift, KEY_STARTS);
    store<i32>(narrow, <i32>keyEnd - shift, KEY_ENDS);
    store<i32>(narrow, valueLength < 0 ? -1 : <i32>valueAt - shift, VALUE_STARTS);
    store<i32>(narrow, <i32>valueEnd - shift, VALUE_ENDS);
    row++;
  }
  store<i32>(out, <i32>p - shift, END_AT);
  store<i32>(out, <i32>row, ROW_COUNT);
  return walked;
}

/** The zig-zag varint at `p`, if it has 28 bits at most. */
function varint(p: usize): i32 {
  let byte = <u32>load<u8>(p++);
  let value = byte & 0x7f;
  for (let shift = 7; byte > 0x7f; shift += 7) {
    if (shift == 28) {
      isWide = true;
      break;
    }
    byte = <u32>load<u8>(p++);
    value |= (byte & 0x7f) << shift;
  }
  after = p;
  return (<i32>(value >>> 1)) ^ -((<i32>value) & 1);
}
