/** Mutants of what a source does when its group changes (R8). */
import { type Mutant, one } from './mutant.ts';

const READING = 'engine/io/kafka/reading.ts';

/** All of them. */
export const rebalanceMutants: readonly Mutant[] = [
  one(
    'reading goes on while another member holds partitions',
    'R8',
    READING,
    'this.#gate.hold(missing.length > 0);',
    '',
  ),
  one(
    'a source stays paused when its partitions are back',
    'R8',
    READING,
    'this.#gate.hold(missing.length > 0);',
    'this.#gate.hold(this.#gate.isHeld || missing.length > 0);',
  ),
  one(
    'nobody is told who holds the partitions',
    'R8',
    READING,
    'if (missing.length > 0) void this.#nameOthers(missing, memberId);',
    '',
  ),
  one(
    'partitions that are new and given to another member at once are not missed',
    'R8',
    READING,
    'void this.#lookForMore(memberId);',
    '',
  ),
  {
    // A fetch from elsewhere would be found out, and sought back.
    name: 'reading goes on at the committed offset, not at its own',
    rule: 'R8',
    patches: [
      {
        file: READING,
        find: 'if (next !== undefined) this.#member?.seek(partition, next);',
        replace: '',
      },
      {
        file: 'engine/io/kafka/position-book.ts',
        find: "if (fetch.fetchedOffset !== expected) return { kind: 'moved', expected };",
        replace: '',
      },
    ],
  },
  {
    name: 'responses of an older generation are taken as they are',
    rule: 'R8',
    patches: [
      {
        file: 'engine/io/kafka/position-book.ts',
        find: "if (fetch.fetchedOffset !== expected) return { kind: 'moved', expected };",
        replace: '',
      },
      {
        file: 'engine/io/kafka/position-book.ts',
        find: 'cutBatches(fetch.bytes, expected, fetch.aborted)',
        replace: 'cutBatches(fetch.bytes, fetch.fetchedOffset, fetch.aborted)',
      },
    ],
  },
  one(
    'a member that fetches from elsewhere is left there',
    'R8',
    READING,
    'this.#member?.seek(partition, this.#book.next(partition) ?? 0);',
    '',
  ),
  one(
    'a partition that was away is read from its beginning',
    'R8',
    READING,
    'this.#gate.hold(missing.length > 0);',
    'for (const each of missing) this.#book.set(each, 0);\n    this.#gate.hold(missing.length > 0);',
  ),
  one(
    'what was kept through a pause is forgotten at a rebalance',
    'R8',
    READING,
    'this.#gate.hold(missing.length > 0);',
    'this.#delivery.clear();\n    this.#gate.hold(missing.length > 0);',
  ),
  one(
    'what was kept through a pause stays so when partitions are back',
    'R8',
    READING,
    'this.#gate.hold(missing.length > 0);\n    this.#delivery.release();',
    'this.#gate.hold(missing.length > 0);',
  ),
  one(
    'what was fetched before partitions were taken is handed on',
    'R8',
    'engine/io/kafka/flow-gate.ts',
    'return !this.#all && !this.#held && !this.#paused.has(partition);',
    'return !this.#all && !this.#paused.has(partition);',
  ),
  one(
    'a rebalance counts as polled time',
    'T5',
    READING,
    '      this.#clock.interrupt(partition);\n      const next = this.#book.next(partition);',
    '      const next = this.#book.next(partition);',
  ),
  one(
    'a pause counts as polled time',
    'T5',
    READING,
    'for (const partition of partitions) this.#clock.interrupt(partition);\n    this.#delivery',
    'this.#delivery',
  ),
  one(
    'offsets of partitions that another member holds are committed',
    'R8',
    READING,
    'filter(([partition]) => this.#assigned.includes(partition))',
    'filter(() => true)',
  ),
  one(
    'the partitions of the first joining are taken for ours for ever',
    'R8',
    READING,
    '    this.#assigned = assigned;\n',
    '    if (this.#assigned.length === 0) this.#assigned = assigned;\n',
  ),
  one(
    'a commit that is refused ends the run',
    'R8',
    'engine/io/kafka/topic-source.ts',
    '    } catch (error) {\n      this.#context.onNotice(',
    '    } catch (error) {\n      if (error instanceof Error) throw error;\n      this.#context.onNotice(',
  ),
  one(
    'a membership that is lost is not joined anew',
    'R8',
    READING,
    'for (let failures = 0; !this.#signal.aborted; failures++) {',
    'for (let failures = 0; failures < 1 && !this.#signal.aborted; failures++) {',
  ),
  one(
    'a membership that broke off is not ended, so that the next one lacks partitions',
    'R8',
    READING,
    'if (memberId !== null) await endMembership(client, group, memberId);',
    '',
  ),
  one(
    'readers that died without leaving stay in the group',
    'R8',
    READING,
    'await removeGhosts(client, group, clientId);',
    '',
  ),
  one(
    'records are lost when the connection breaks in the call that accepts them',
    'R8',
    READING,
    "    if (taken.kind === 'data') this.#delivery.add(partition, bytes, taken.cuts);\n",
    "    if (taken.kind === 'data') {\n      fetch.accept(taken.nextOffset);\n      this.#delivery.add(partition, bytes, taken.cuts);\n    }\n",
  ),
];
