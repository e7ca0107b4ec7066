/** `engine tail`: records of a topic, for people and for pipes. */
import { isUtf8 } from 'node:buffer';
import { type Command, InvalidArgumentError } from 'commander';
import { formatIso } from '../core/time/civil.ts';
import type { PartitionEnds } from '../io/kafka/admin.ts';
import type { TopicRecord } from '../io/kafka/topic-reader.ts';
import { type BrokerFlags, withBrokers } from './kafka-brokers.ts';
import { bytesMember, printable, readable } from './readable-text.ts';
import { type TopicView, topicViewOf } from './topic-view.ts';

type From = 'earliest' | 'latest' | number;

interface TailFlags extends BrokerFlags {
  readonly from?: From;
  readonly number: number;
  readonly follow?: true;
  readonly json?: true;
}

/** Adds the command. */
export function register(program: Command): void {
  withBrokers(program.command('tail'))
    .description('print the last records of a topic')
    .argument('<topic>')
    .option(
      '--from <earliest|latest|offset>',
      'the first records, those that come from now on, or those from an offset',
      readFrom,
    )
    .option('-n, --number <count>', 'how many records', readCount, 10)
    .option('-f, --follow', 'go on with records as they come, until Ctrl-C')
    .option('--json', 'one JSON object a record')
    .action(run);
}

function readFrom(text: string): From {
  if (text === 'earliest' || text === 'latest') return text;
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Write earliest, latest or an offset.');
}

function readCount(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Write a whole number.');
}

async function run(topic: string, flags: TailFlags): Promise<void> {
  const view = await topicViewOf(flags);
  const ends = await view.ends(topic);
  const print = (record: TopicRecord): void => {
    process.stdout.write(flags.json === true ? recordJson(record) : recordLine(record));
  };
  if (flags.from === undefined) {
    for (const record of await lastOf(view, topic, ends, flags.number)) print(record);
    if (flags.follow !== true) return;
  }
  let left = flags.follow === true ? Infinity : flags.number;
  const isEndless = flags.follow === true || flags.from === 'latest';
  const range = {
    topic,
    from: new Map([...ends].map(([p, end]) => [p, startOf(flags.from ?? 'latest', end)])),
    until: isEndless ? null : new Map([...ends].map(([p, { high }]) => [p, high])),
  };
  if (left === 0) return;
  await view.read(range, (record) => {
    print(record);
    return --left > 0;
  });
}

const startOf = (from: From, { low, high }: PartitionEnds): number => {
  if (from === 'earliest') return low;
  return from === 'latest' ? high : Math.min(Math.max(from, low), high);
};

/** The last records of all partitions together, by time. */
async function lastOf(
  view: TopicView,
  topic: string,
  ends: ReadonlyMap<number, PartitionEnds>,
  count: number,
): Promise<TopicRecord[]> {
  if (count === 0) return [];
  const records: TopicRecord[] = [];
  const range = {
    topic,
    from: new Map([...ends].map(([p, { low, high }]) => [p, Math.max(low, high - count)])),
    until: new Map([...ends].map(([p, { high }]) => [p, high])),
  };
  await view.read(range, (record) => {
    records.push(record);
    return true;
  });
  records.sort(
    (a, b) => a.timestamp - b.timestamp || a.partition - b.partition || a.offset - b.offset,
  );
  return records.slice(-count);
}

/** A record as one line: partition and offset, time, key, headers, value. */
export function recordLine(record: TopicRecord): string {
  const { partition, offset, timestamp, key, value, headers } = record;
  const parts = [
    `${partition}@${offset}`,
    Number.isNaN(timestamp) ? '–' : formatIso(timestamp),
    key === null ? '–' : readable(key),
    ...headers.map(
      ([name, value]) => `${printable(name)}=${value === null ? '' : readable(value)}`,
    ),
    value === null ? '(deleted)' : readable(value),
  ];
  return `${parts.join('  ')}\n`;
}

const headerPair = ([name, value]: TopicRecord['headers'][number]): [string, string | null] => [
  name,
  value === null ? null : isUtf8(value) ? value.toString() : `base64:${value.toString('base64')}`,
];

/** A record as one line of JSON; bytes that are no text as base64, with `_base64` in the name. */
export function recordJson(record: TopicRecord): string {
  const { partition, offset, timestamp, key, value, headers } = record;
  const object = {
    ...{ partition, offset, timestamp: Number.isNaN(timestamp) ? null : formatIso(timestamp) },
    ...bytesMember('key', key),
    ...(headers.length === 0 ? {} : { headers: headers.map(headerPair) }),
    ...bytesMember('value', value),
  };
  return `${JSON.stringify(object)}\n`;
}
