/** Mutants of sessions, of windows over windows, of windows that count, and of where reading begins. */
import { type Mutant, one, shownBy } from './mutant.ts';

const sessions = shownBy('sessions', [
  one(
    'windows over sessions go by a frontier that is too high: without the grace of those above',
    'W8',
    'engine/core/window/session-store.ts',
    'return this.#closedFrontier - this.#plan.graceMs;',
    'return this.#closedFrontier;',
  ),
  one(
    'sessions that are joined begin where the later one did',
    'W6',
    'engine/core/window/session-table.ts',
    '    this.firsts[into] = Math.min(this.firsts[into] as number, this.firsts[row] as number);\n',
    '    this.firsts[into] = Math.max(this.firsts[into] as number, this.firsts[row] as number);\n',
  ),
  one(
    'sessions that are joined keep the records of one',
    'W6',
    'engine/core/window/session-table.ts',
    '    this.rows.merge(this.rows, pair);\n',
    '',
  ),
  one(
    'an earlier record does not move the start of its session',
    'W6',
    'engine/core/window/session-table.ts',
    '    this.firsts[found] = Math.min(this.firsts[found] as number, t);\n',
    '',
  ),
  one(
    'a session ends with its last record, without the gap',
    'W6',
    'engine/core/window/session.ts',
    'Math.min(last + shape.gapMs, ',
    'Math.min(last, ',
  ),
  one(
    'sessions span multiples of max',
    'W6',
    'engine/core/window/session-table.ts',
    '      if (stretchStart(first, this.#shape) !== start) continue;\n',
    '',
  ),
  one(
    'sessions that idleness condemned take records again',
    'W4',
    'engine/core/window/session-store.ts',
    ' && until > frontier) {',
    ') {',
  ),
  one(
    'sessions end with their first record after a restart',
    'R1',
    'engine/core/window/session-snapshot.ts',
    'into.restore(key, firsts[row] as number, lasts[row] as number)',
    'into.restore(key, firsts[row] as number, firsts[row] as number)',
  ),
]);

const upper = shownBy('upper', [
  one(
    'windows over windows go by a frontier that is too high: without the grace of those above',
    'W8',
    'engine/core/window/store.ts',
    'return this.#closedFrontier - this.#plan.graceMs;',
    'return this.#closedFrontier;',
  ),
  one(
    'the first portion of windows that close together is taken for all',
    'W8',
    'engine/core/window/store.ts',
    'more ? this.#assigner.windowEnd(this.#closedThrough) + graceMs : watermark',
    'watermark',
  ),
  one(
    'rows of windows count at the end of their window, not before it',
    'W8',
    'engine/graph/upper-window.ts',
    'endOf(row) - 1)',
    'endOf(row))',
  ),
  one(
    'windows over windows do not hear that these have closed',
    'W8',
    'engine/graph/upper-window.ts',
    "told$.pipe(filter((told) => 'kind' in told))",
    "told$.pipe(filter((told) => 'kind' in told && told.kind !== 'closed'))",
  ),
]);

const counted = shownBy('counted', [
  one(
    'windows that count begin anew after a restart',
    'W7',
    'engine/core/window/count-table.ts',
    '      this.groups.windows[group] = row;\n',
    '',
  ),
  one(
    'windows that count forget after a restart how many records they have',
    'W7',
    'engine/core/window/count-table.ts',
    '      this.groups.counts[group] = count;\n',
    '',
  ),
  one(
    'windows that count are numbered from 0 again after a restart',
    'R1',
    'engine/core/window/count-snapshot.ts',
    'indexes[group] as number),\n      );',
    '0),\n      );',
  ),
  one(
    'windows that are full in a snapshot do not come out',
    'R1',
    'engine/core/window/count-table.ts',
    '        this.full.push(row);\n        continue;',
    '        continue;',
  ),
  one(
    'records are counted over all partitions',
    'W7',
    'engine/core/window/count-groups.ts',
    'if (this.partitions[at] === partition) return at;',
    'return at;',
  ),
  one(
    'windows that count take one record too many',
    'W7',
    'engine/core/window/count-table.ts',
    '    groups.counts[group] = count;\n    if (count === this.#size) {',
    '    groups.counts[group] = count;\n    if (count > this.#size) {',
  ),
  one(
    'windows that are not full do not come out at the end',
    'T7',
    'engine/core/window/count-store.ts',
    '    if (watermark === Infinity) table.end();\n',
    '',
  ),
]);

const starts = shownBy('sessions', [
  one(
    'windows that begin before what was read give rows',
    'R3',
    'engine/core/window/store.ts',
    'const isWhole = start >= this.#startsAt;',
    'const isWhole = true;',
  ),
  one(
    'sessions that may have begun before what was read give rows',
    'R3',
    'engine/core/window/session-store.ts',
    'return least < this.#startsAt;',
    'return first < this.#startsAt;',
  ),
  one(
    'windows over windows do not ask which of these gave no row',
    'R3',
    'engine/graph/upper-window.ts',
    '          for (const { store } of above) window.store.startAt(store.outputStartsAt);\n',
    '',
  ),
  one(
    'only the first partition that is read tells where reading began',
    'R3',
    'engine/graph/start-line.ts',
    'const counts = isAtEnd ? !this.#hasRead : true;',
    'const counts = !this.#hasRead;',
  ),
  one(
    'a restart forgets which partitions have not told yet where they begin',
    'R3',
    'engine/graph/start-line.ts',
    '    for (const [p, start, isAtEnd] of unread) this.#unread.set(p, { start, isAtEnd });\n',
    '',
  ),
]);

/** All of them. */
export const windowMutants: readonly Mutant[] = [...sessions, ...upper, ...counted, ...starts];
