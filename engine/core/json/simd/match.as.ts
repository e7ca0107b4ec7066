/**
 * The quick way of the projected scan, in AssemblyScript: many records are followed through the tree
 * of known shapes, and their fields written into columns, in one call. `npm run build:wasm` compiles
 * it into match.wasm.ts; memory.ts says where everything lies.
 *
 * It takes what is common and leaves the rest, record by record, to the plain way: whatever it does
 * not take it marks as MISSED, whatever it takes it reads as the plain way would.
 */

import { numberIn, placeTexts } from './texts.as';

// What follows a literal, and nodes of the tree: as in shape-nodes.ts.
const SCALAR_SLOT: i32 = 0;
const TEXT_SLOT: i32 = 1;
const CONTAINER_SLOT: i32 = 2;
const END_SLOT: i32 = 3;
const CHILD: usize = 0;
const NEXT: usize = 4;
const SLOT: usize = 8;
const FIELD: usize = 12;
const LENGTH: usize = 16;
const LITERAL: usize = 20;
const TARGET: usize = 24;

// Kinds of fields: as in memory.ts.
const DOUBLE: i32 = 0;
const FLOAT: i32 = 1;
const INT: i32 = 2;
const LONG: i32 = 3;
const BOOL: i32 = 4;
const STRING: i32 = 5;
/** Read by the caller, who is told where it is. */
const OTHER: i32 = 6;

// A field's entry: as in memory.ts.
const FIELD_BYTES: usize = 48;
const KIND: usize = 0;
const REQUIRED: usize = 4;
const VALUES: usize = 8;
const VALID: usize = 12;
const START: usize = 16;
const END: usize = 20;
const SEEN: usize = 24;
/** Where its texts' numbers go; 0: nobody asks for them. */
const NUMBERS: usize = 28;

const TAKEN: i32 = 0;
const MISSED: i32 = 1;
const NO_RECORD: i32 = 2;

const MOST_SAFE: f64 = 9007199254740991;

let nodes: usize = 0;
let literals: usize = 0;
let fields: usize = 0;
let fieldsEnd: usize = 0;
let powers: usize = 0;
let scalars: usize = 0;

/** Where things lie: the tree, the field table of `count` entries, powers of ten, scalar bytes, texts. */
export function place(
  tree: usize,
  text: usize,
  table: usize,
  count: i32,
  ten: usize,
  kinds: usize,
  texts: usize,
): void {
  placeTexts(texts);
  nodes = tree;
  literals = text;
  fields = table;
  fieldsEnd = table + <usize>count * FIELD_BYTES;
  powers = ten;
  scalars = kinds;
}

/**
 * Reads `count` records into rows 0, 1, …; record i is [starts[i], ends[i]), positions `shift` less than
 * the addresses of its bytes; −1 is no record. `marks` gets a byte each. Returns how many were taken.
 */
export function read(starts: usize, ends: usize, count: i32, marks: usize, shift: i32): i32 {
  for (let field = fields; field < fieldsEnd; field += FIELD_BYTES) store<i32>(field + SEEN, -1);
  let taken = 0;
  for (let row = 0; row < count; row++) {
    const at = load<i32>(starts + ((<usize>row) << 2));
    if (at < 0) {
      store<u8>(marks + row, NO_RECORD);
      continue;
    }
    const to = <usize>(load<i32>(ends + ((<usize>row) << 2)) + shift);
    const isTaken = follow(<usize>(at + shift), to, row, shift) && complete(row);
    store<u8>(marks + row, isTaken ? TAKEN : MISSED);
    taken += i32(isTaken);
  }
  return taken;
}

/** Follows one record through the tree; false where it has no known shape, or something rare in it. */
function follow(p: usize, to: usize, row: i32, shift: i32): bool {
  let parent = nodes;
  while (p <= to) {
    let before: usize = 0;
    let at: usize = 0;
    let next: usize = 0;
    let child = load<i32>(parent + CHILD);
    let node: usize = 0;
    while (child != 0) {
      node = nodes + ((<usize>child) << 2);
      at = p + load<i32>(node + LENGTH);
      if (at <= to && startsWith(literals + load<i32>(node + LITERAL), p, at)) {
        // What nobody reads is passed over here: a call for each value would cost more than the value.
        const slot = load<i32>(node + SLOT);
        if (load<i32>(node + FIELD) >= 0 || slot > TEXT_SLOT) next = pass(node, at, to, row, shift);
        else next = slot == SCALAR_SLOT ? passScalar(at, to) : passText(at, to);
        if (next != 0) break;
      }
      before = node;
      child = load<i32>(node + NEXT);
    }
    if (child == 0) return false;
    if (before != 0) moveFirst(parent, before, node);
    if (load<i32>(node + SLOT) == END_SLOT) return true;
    parent = nodes + ((<usize>load<i32>(node + TARGET)) << 2);
    p = next;
  }
  return false;
}

/** Whether the literal stands at [p, end). */
function startsWith(literal: usize, p: usize, end: usize): bool {
  const length = end - p;
  if (length >= 16) {
    const last = end - 16;
    for (; p < last; p += 16, literal += 16) {
      if (v128.any_true(v128.xor(v128.load(p), v128.load(literal)))) return false;
    }
    return !v128.any_true(v128.xor(v128.load(last), v128.load(literal - (p - last))));
  }
  if (length >= 8) {
    return (
      load<u64>(p) == load<u64>(literal) && load<u64>(end - 8) == load<u64>(literal + length - 8)
    );
  }
  if (length >= 4) {
    return (
      load<u32>(p) == load<u32>(literal) && load<u32>(end - 4) == load<u32>(literal + length - 4)
    );
  }
  for (; p < end; p++, literal++) if (load<u8>(p) != load<u8>(literal)) return false;
  return true;
}

/** As `ShapeNodes.moveFirst`. */
function moveFirst(parent: usize, before: usize, node: usize): void {
  const first = nodes + ((<usize>load<i32>(parent + CHILD)) << 2);
  const isJump = nodes + ((<usize>load<i32>(first + TARGET)) << 2) != first;
  if (isJump && before == first) return;
  store<i32>(before + NEXT, load<i32>(node + NEXT));
  const link = isJump ? first + NEXT : parent + CHILD;
  store<i32>(node + NEXT, load<i32>(link));
  store<i32>(link, <i32>((node - nodes) >> 2));
}

/** Passes over the value at `p` and writes its cell; the position after it, 0 if it is not taken. */
function pass(node: usize, p: usize, to: usize, row: i32, shift: i32): usize {
  const slot = load<i32>(node + SLOT);
  const number = load<i32>(node + FIELD);
  if (slot == END_SLOT) return p == to ? p : 0;
  if (number < 0) return passContainer(p, to);
  const field = fields + <usize>number * FIELD_BYTES;
  const kind = load<i32>(field + KIND);
  let next: usize = 0;
  if (slot == TEXT_SLOT) {
    if (kind == STRING) next = readText(field, p, to, row, shift);
    else if (kind == OTHER) next = passText(p, to);
  } else if (slot == SCALAR_SLOT) {
    if (kind == OTHER || kind == STRING) next = passScalar(p, to);
    else next = readScalar(field, kind, p, to, row);
    if (kind == STRING && next != 0) next = readNull(field, p, next, row);
  } else if (kind == OTHER) {
    next = passContainer(p, to);
  }
  if (next == 0) return 0;
  if (kind == OTHER) {
    const first = slot == TEXT_SLOT ? p - 1 : p;
    store<i32>(load<usize>(field + START) + ((<usize>row) << 2), <i32>first - shift);
    store<i32>(load<usize>(field + END) + ((<usize>row) << 2), <i32>next - shift);
  }
  store<i32>(field + SEEN, row);
  return next;
}

/** Nulls for fields that the record lacks; false if one of them is required. */
function complete(row: i32): bool {
  for (let field = fields; field < fieldsEnd; field += FIELD_BYTES) {
    if (load<i32>(field + SEEN) == row) continue;
    if (load<i32>(field + REQUIRED) != 0) return false;
    writeNull(field, row);
  }
  return true;
}

function writeNull(field: usize, row: i32): void {
  const kind = load<i32>(field + KIND);
  store<u8>(load<usize>(field + VALID) + row, 0);
  if (kind >= STRING) {
    store<i32>(load<usize>(field + START) + ((<usize>row) << 2), -1);
    writeNumber(field, row, 0);
  } else store<f64>(load<usize>(field + VALUES) + ((<usize>row) << 3), 0);
}

function writeNumber(field: usize, row: i32, number: f64): void {
  const numbers = load<usize>(field + NUMBERS);
  if (numbers != 0) store<f64>(numbers + ((<usize>row) << 3), number);
}

/** Takes `null` at [p, next) in a field that may be null. */
function readNull(field: usize, p: usize, next: usize, row: i32): usize {
  const isNull = next - p == 4 && load<u32>(p) == 0x6c6c756e;
  if (!isNull || load<i32>(field + REQUIRED) != 0) return 0;
  writeNull(field, row);
  return next;
}

/** A number or bool into its cell; null too. */
function readScalar(field: usize, kind: i32, p: usize, to: usize, row: i32): usize {
  const byte = load<u8>(p);
  if (byte == 0x2d || <u32>byte - 0x30 <= 9) {
    return kind == BOOL ? 0 : readNumber(field, kind, p, to, row);
  }
  const next = passScalar(p, to);
  if (byte == 0x6e) return next == 0 ? 0 : readNull(field, p, next, row);
  if (kind != BOOL) return 0;
  const isTrue = next - p == 4 && load<u32>(p) == 0x65757274;
  const isFalse = next - p == 5 && byte == 0x66 && load<u32>(p + 1) == 0x65736c61;
  if (!isTrue && !isFalse) return 0;
  store<f64>(load<usize>(field + VALUES) + ((<usize>row) << 3), isTrue ? 1 : 0);
  store<u8>(load<usize>(field + VALID) + row, 1);
  return next;
}

/**
 * Numbers of up to fifteen digits without an exponent: as an integer divided by an exact power of
 * ten, which rounds once, as it should (Clinger 1990).
 */
function readNumber(field: usize, kind: i32, p: usize, to: usize, row: i32): usize {
  const isNegative = load<u8>(p) == 0x2d;
  if (isNegative) p++;
  const whole = countDigits(p);
  if (whole == 0 || whole > 15 || (whole > 1 && load<u8>(p) == 0x30)) return 0;
  let value = <f64>readDigits(p, whole);
  p += whole;
  if (load<u8>(p) == 0x2e) {
    const places = countDigits(++p);
    if (places == 0 || whole + places > 15) return 0;
    // Two exact numbers of at most fifteen digits together: their sum is exact too.
    value =
      (value * load<f64>(powers + (places << 3)) + <f64>readDigits(p, places)) /
      load<f64>(powers + (places << 3));
    p += places;
  }
  // An exponent, or no number at all; a record ends with a bracket, never in a number.
  if (p >= to || load<u8>(scalars + load<u8>(p)) != 0) return 0;
  if (isNegative) value = -value;
  if (kind == FLOAT) value = <f64>(<f32>value);
  else if (kind == INT && !isWhole(value, -2147483648, 2147483647)) return 0;
  else if (kind == LONG && !isWhole(value, -MOST_SAFE, MOST_SAFE)) return 0;
  store<f64>(load<usize>(field + VALUES) + ((<usize>row) << 3), value);
  store<u8>(load<usize>(field + VALID) + row, 1);
  return p;
}

/** How many digits stand at `p`, sixteen at most. */
function countDigits(p: usize): usize {
  const others = i8x16.bitmask(
    i8x16.gt_u(i8x16.sub(v128.load(p), i8x16.splat(0x30)), i8x16.splat(9)),
  );
  return <usize>ctz(others | 0x10000);
}

/**
 * The number of the `count` digits at `p`, 1 to 16: eight at a time, neighbours joined to pairs,
 * fours and eights (Lemire, "Quickly parsing eight digits", 2018).
 */
function readDigits(p: usize, count: usize): u64 {
  if (count <= 8) return joinDigits(load<u64>(p) << ((8 - count) << 3));
  const more = count - 8;
  return (
    joinDigits(load<u64>(p) << ((8 - more) << 3)) * 100000000 + joinDigits(load<u64>(p + more))
  );
}

/** Eight characters, the first in the lowest byte; characters that are 0 count as the digit 0. */
function joinDigits(characters: u64): u64 {
  const pairs = (((characters & 0x0f0f0f0f0f0f0f0f) * 2561) >> 8) & 0x00ff00ff00ff00ff;
  const fours = ((pairs * 6553601) >> 16) & 0x0000ffff0000ffff;
  return (fours * 42949672960001) >> 32;
}

function isWhole(value: f64, least: f64, most: f64): bool {
  return trunc<f64>(value) == value && value >= least && value <= most;
}

/** Text without escapes, of valid UTF-8, into its cell. */
function readText(field: usize, p: usize, to: usize, row: i32, shift: i32): usize {
  const first = p;
  while (true) {
    const bytes = v128.load(p);
    // Signed: control characters and whatever is not ASCII.
    const stops = i8x16.bitmask(
      v128.or(
        i8x16.lt_s(bytes, i8x16.splat(0x20)),
        v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c))),
      ),
    );
    if (stops == 0) {
      p += 16;
      if (p >= to) return 0;
      continue;
    }
    p += ctz(stops);
    if (p >= to) return 0;
    const byte = load<u8>(p);
    if (byte == 0x22) break;
    const length: usize = byte < 0x80 ? 0 : sequenceLength(byte, p, to);
    if (length == 0) return 0;
    p += length;
  }
  store<i32>(load<usize>(field + START) + ((<usize>row) << 2), <i32>first - shift);
  store<i32>(load<usize>(field + END) + ((<usize>row) << 2), <i32>p - shift);
  store<u8>(load<usize>(field + VALID) + row, 1);
  const numbers = load<usize>(field + NUMBERS);
  if (numbers != 0) store<f64>(numbers + ((<usize>row) << 3), numberIn(field, first, p));
  return p + 1;
}

/** As `sequenceLength` of utf8.ts. */
function sequenceLength(first: u32, p: usize, to: usize): usize {
  if (first < 0xc2 || first > 0xf4) return 0;
  const length: usize = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (p + length > to) return 0;
  const second = <u32>load<u8>(p + 1);
  const least: u32 = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const greatest: u32 = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > greatest) return 0;
  if (length > 2 && (load<u8>(p + 2) & 0xc0) != 0x80) return 0;
  return length == 4 && (load<u8>(p + 3) & 0xc0) != 0x80 ? 0 : length;
}

/** As `skipString`, 0 for a failure. */
function passText(p: usize, to: usize): usize {
  while (p < to) {
    const bytes = v128.load(p);
    const stops = i8x16.bitmask(
      v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c))),
    );
    if (stops == 0) {
      p += 16;
      continue;
    }
    p += ctz(stops);
    if (p >= to) return 0;
    if (load<u8>(p) == 0x22) return p + 1;
    p += 2;
  }
  return 0;
}

/** As `skipScalar`, 0 for a failure. Eight bytes at a time while they are `-`, `.`, `/` or digits. */
function passScalar(p: usize, to: usize): usize {
  const first = p;
  while (true) {
    // Seven bits do not carry into the next byte: high bits say below 0x2d, or above 0x39.
    const word = load<u64>(p);
    const low = word & 0x7f7f7f7f7f7f7f7f;
    const outside = (~(low + 0x5353535353535353) | (low + 0x4646464646464646)) & 0x8080808080808080;
    if (outside == 0) {
      p += 8;
      if (p >= to) break;
      continue;
    }
    p += <usize>(ctz(outside) >> 3);
    break;
  }
  if (p > to) p = to;
  while (p < to && load<u8>(scalars + load<u8>(p)) != 0) p++;
  return p == first ? 0 : p;
}

/** As `skipContainer`, 0 for a failure and for what is nested deeper than 31. */
function passContainer(p: usize, to: usize): usize {
  let kinds: u32 = 0;
  let depth = 0;
  while (p < to) {
    const byte = load<u8>(p++);
    if (byte == 0x22) {
      p = passText(p, to);
      if (p == 0) return 0;
    } else if (byte == 0x5b || byte == 0x7b) {
      if (++depth > 31) return 0;
      kinds = (kinds << 1) | u32(byte == 0x7b);
    } else if (byte == 0x5d || byte == 0x7d) {
      if (depth == 0 || (kinds & 1) != u32(byte == 0x7d)) return 0;
      if (--depth == 0) return p;
      kinds >>= 1;
    } else if (depth == 0) {
      return 0;
    }
  }
  return 0;
}
