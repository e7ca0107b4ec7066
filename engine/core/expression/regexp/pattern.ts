/**
 * Regular expressions that a state machine can run: the part of Java's and JavaScript's syntax without
 * back references, lookaround, word boundaries, flags and possessive quantifiers. Lazy quantifiers are
 * read as greedy ones: for yes or no it makes no difference.
 */

/** Characters by code point: ranges [low, high], inclusive. */
export interface CharacterSet {
  readonly ranges: readonly (readonly [number, number])[];
  readonly negated: boolean;
}

/** A pattern as a tree. `most` may be Infinity. */
export type Pattern =
  | { readonly kind: 'set'; readonly set: CharacterSet }
  | { readonly kind: 'start' | 'end' }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly Pattern[] }
  | {
      readonly kind: 'repeat';
      readonly part: Pattern;
      readonly least: number;
      readonly most: number;
    };

const MAX_DEPTH = 50;

/** A pattern that cannot be used. `message` says why, in words for its author. */
export class PatternError extends Error {}

const DIGIT = [[48, 57]] as const;
const WORD = [...DIGIT, [65, 90], [95, 95], [97, 122]] as const;
const SPACE = [
  [9, 13],
  [32, 32],
] as const;
/** What `.` leaves out: line ends, as in Java. */
const LINE_ENDS: CharacterSet['ranges'] = [
  [10, 10],
  [13, 13],
  [0x85, 0x85],
  [0x2028, 0x2029],
];

const CLASSES = new Map<string, CharacterSet>([
  ['d', { ranges: DIGIT, negated: false }],
  ['D', { ranges: DIGIT, negated: true }],
  ['w', { ranges: WORD, negated: false }],
  ['W', { ranges: WORD, negated: true }],
  ['s', { ranges: SPACE, negated: false }],
  ['S', { ranges: SPACE, negated: true }],
]);

const CONTROLS = new Map([
  ['t', 9],
  ['n', 10],
  ['r', 13],
  ['f', 12],
]);

/** Reads a pattern. Throws PatternError. */
export function parsePattern(text: string): Pattern {
  const parser = new PatternParser(Array.from(text));
  return parser.whole();
}

class PatternParser {
  readonly #text: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(text: readonly string[]) {
    this.#text = text;
  }

  whole(): Pattern {
    const pattern = this.#choice();
    if (this.#at < this.#text.length) throw new PatternError('a closing ) has no opening one');
    return pattern;
  }

  #choice(): Pattern {
    if (++this.#depth > MAX_DEPTH) throw new PatternError('the pattern is nested too deeply');
    const parts = [this.#sequence()];
    while (this.#accept('|')) parts.push(this.#sequence());
    this.#depth--;
    return parts.length === 1 ? (parts[0] as Pattern) : { kind: 'choice', parts };
  }

  #sequence(): Pattern {
    const parts: Pattern[] = [];
    while (this.#at < this.#text.length && this.#next !== '|' && this.#next !== ')') {
      parts.push(this.#repeat());
    }
    return { kind: 'sequence', parts };
  }

  #repeat(): Pattern {
    let part = this.#atom();
    for (;;) {
      const bounds = this.#bounds();
      if (bounds === null) return part;
      if (this.#next === '+') throw new PatternError('possessive quantifiers are not supported');
      this.#accept('?');
      const [least, most] = bounds;
      part = { kind: 'repeat', part, least, most };
    }
  }

  #bounds(): [number, number] | null {
    if (this.#accept('*')) return [0, Infinity];
    if (this.#accept('+')) return [1, Infinity];
    if (this.#accept('?')) return [0, 1];
    if (this.#next !== '{') return null;
    const close = this.#text.indexOf('}', this.#at);
    const inner = this.#text.slice(this.#at + 1, close).join('');
    const bounds = /^(\d{1,4})(,(\d{0,4}))?$/.exec(inner);
    if (close < 0 || bounds === null) throw new PatternError('write \\{ for a curly bracket');
    this.#at = close + 1;
    const least = Number(bounds[1]);
    const most = bounds[2] === undefined ? least : bounds[3] === '' ? Infinity : Number(bounds[3]);
    if (most < least) throw new PatternError(`{${inner}} counts down`);
    return [least, most];
  }

  #atom(): Pattern {
    const sign = this.#take();
    if (sign === '(') return this.#group();
    if (sign === '[') return { kind: 'set', set: this.#class() };
    if (sign === '.') return { kind: 'set', set: { ranges: LINE_ENDS, negated: true } };
    if (sign === '^') return { kind: 'start' };
    if (sign === '$') return { kind: 'end' };
    if (sign === '\\') return { kind: 'set', set: this.#escape() };
    if ('*+?{'.includes(sign)) throw new PatternError(`nothing stands before ${sign}`);
    return { kind: 'set', set: single(codeOf(sign)) };
  }

  #group(): Pattern {
    if (this.#accept('?') && !this.#accept(':')) {
      throw new PatternError('of (?…) only (?:…) is supported');
    }
    const inner = this.#choice();
    if (!this.#accept(')')) throw new PatternError('a closing ) is missing');
    return inner;
  }

  #escape(): CharacterSet {
    const sign = this.#take();
    const known = CLASSES.get(sign);
    if (known !== undefined) return known;
    const control = CONTROLS.get(sign);
    if (control !== undefined) return single(control);
    if (sign === 'x' || sign === 'u') return single(this.#hexadecimal(sign === 'x' ? 2 : 4));
    if (/^[0-9]$/.test(sign)) throw new PatternError('back references are not supported');
    if (/^[a-zA-Z]$/.test(sign)) throw new PatternError(`\\${sign} is not supported`);
    return single(codeOf(sign));
  }

  #hexadecimal(digits: number): number {
    const text = this.#text.slice(this.#at, this.#at + digits).join('');
    if (text.length < digits || !/^[0-9a-fA-F]+$/.test(text)) {
      throw new PatternError(`${digits} hexadecimal digits are expected`);
    }
    this.#at += digits;
    return parseInt(text, 16);
  }

  #class(): CharacterSet {
    const negated = this.#accept('^');
    const ranges: (readonly [number, number])[] = [];
    // A ] that comes first is itself.
    for (let first = true; first || !this.#accept(']'); first = false) {
      const low = this.#classItem();
      if (low.negated || low.ranges.length !== 1 || this.#next !== '-') {
        ranges.push(...positive(low));
        continue;
      }
      this.#take();
      if (this.#accept(']')) return { ranges: [...ranges, ...low.ranges, [45, 45]], negated };
      const [from = 0] = low.ranges[0] ?? [];
      const high = this.#classItem();
      const [to = -1] = high.ranges.length === 1 && !high.negated ? (high.ranges[0] ?? []) : [];
      if (to < from) throw new PatternError('a range in […] goes down');
      ranges.push([from, to]);
    }
    return { ranges, negated };
  }

  #classItem(): CharacterSet {
    const sign = this.#take();
    if (sign === '[' || (sign === '&' && this.#next === '&')) {
      throw new PatternError(`write \\${sign} inside of […]`);
    }
    return sign === '\\' ? this.#escape() : single(codeOf(sign));
  }

  get #next(): string | undefined {
    return this.#text[this.#at];
  }

  #take(): string {
    const sign = this.#text[this.#at++];
    if (sign === undefined) throw new PatternError('the pattern ends too early');
    return sign;
  }

  #accept(sign: string): boolean {
    if (this.#next !== sign) return false;
    this.#at++;
    return true;
  }
}

const codeOf = (character: string): number => character.codePointAt(0) as number;

const single = (code: number): CharacterSet => ({ ranges: [[code, code]], negated: false });

/** The ranges of a set, turned round if it is negated. Its ranges are ascending. */
function positive({ ranges, negated }: CharacterSet): CharacterSet['ranges'] {
  if (!negated) return ranges;
  const gaps: (readonly [number, number])[] = [];
  let from = 0;
  for (const [low, high] of ranges) {
    if (low > from) gaps.push([from, low - 1]);
    from = high + 1;
  }
  gaps.push([from, 0x10ffff]);
  return gaps;
}
