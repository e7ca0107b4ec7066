/** Produce requests against those that kafkajs itself makes of the same messages. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { Partitioners } from 'kafkajs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { crc32c } from './crc32c.ts';
import { encodeBatch, type OutgoingMessage } from './encode-batch.ts';
import { groupMessages, type ProduceArguments } from './produce-seam.ts';
import { privateKafkajs } from './seams.ts';
import { registerCodecs } from './codecs.ts';

const require = createRequire(import.meta.url);
const root = dirname(require.resolve('kafkajs/package.json'));
const stock = (path: string): unknown => require(join(root, path));

interface Encoded {
  readonly buffer: Buffer;
}
type Protocol = (choice: { version: number }) => (given: ProduceArguments) => {
  request: { encode: () => Promise<Encoded> };
};

const PRODUCE = 'src/protocol/requests/produce/index.js';
const versions = [3, 4, 5, 6, 7];
const NOW_MS = 1_711_667_000_000;

beforeEach(() => {
  vi.useFakeTimers({ now: NOW_MS, toFake: ['Date'] });
  registerCodecs();
});
afterEach(() => {
  vi.useRealTimers();
});

const bytes = fc.oneof(
  fc.constant(null),
  fc.string({ unit: 'grapheme', maxLength: 80 }),
  fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each)),
  // Beyond one and two bytes of length.
  fc.integer({ min: 60, max: 9000 }).map((length) => 'é'.repeat(length)),
);
const held = bytes.filter((each) => each !== null);
const message: fc.Arbitrary<OutgoingMessage> = fc.record({
  key: fc.option(bytes, { nil: undefined }),
  value: bytes,
  headers: fc.option(
    fc.dictionary(
      fc.string({ unit: 'grapheme', maxLength: 12 }),
      fc.oneof(held, fc.array(held, { maxLength: 3 })),
      { maxKeys: 3, noNullPrototype: true },
    ),
    { nil: undefined },
  ),
  // Of as many digits as now, and not after it: kafkajs sorts them as text.
  timestamp: fc.option(
    fc.integer({ min: 1_000_000_000_000, max: NOW_MS }).map((ms) => String(ms)),
    { nil: undefined },
  ),
});
/** All with a timestamp or none: kafkajs takes its first from those that have one. */
const messages = fc
  .tuple(fc.array(message, { minLength: 1, maxLength: 30 }), fc.boolean())
  .map(([all, isTimed]) =>
    all.map((each) => ({
      ...each,
      timestamp: isTimed ? (each.timestamp ?? String(NOW_MS)) : undefined,
    })),
  );

const requests: fc.Arbitrary<ProduceArguments> = fc.record({
  acks: fc.constantFrom(-1, 1),
  timeout: fc.nat(60_000),
  compression: fc.nat(4),
  transactionalId: fc.option(fc.string({ minLength: 1, maxLength: 10 }), { nil: null }),
  producerId: fc.oneof(fc.constant('-1'), fc.bigInt({ min: 0n, max: 2n ** 62n }).map(String)),
  producerEpoch: fc.nat(100),
  topicData: fc.array(
    fc.record({
      topic: fc.string({ minLength: 1, maxLength: 20 }),
      partitions: fc.array(
        fc.record({
          partition: fc.nat(100),
          firstSequence: fc.nat(1_000_000),
          messages,
        }),
        { maxLength: 3 },
      ),
    }),
    { maxLength: 2 },
  ),
});

describe('a produce request of the private copy', () => {
  it('is to the byte what kafkajs itself makes of it', async () => {
    const own = privateKafkajs().modules.get(PRODUCE) as { protocol: Protocol };
    const { protocol } = stock(PRODUCE) as { protocol: Protocol };
    expect(own.protocol).not.toBe(protocol);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...versions), requests, async (version, given) => {
        const [ours, theirs] = await Promise.all(
          [own.protocol, protocol].map((each) => each({ version })(given).request.encode()),
        );
        expect(ours?.buffer.toString('hex')).toBe(theirs?.buffer.toString('hex'));
      }),
    );
  });

  it('is sent as kafkajs sends it, behind a head of any client', async () => {
    const REQUEST = 'src/protocol/request.js';
    type Send = (given: object) => Promise<Encoded>;
    const own = privateKafkajs().modules;
    const ways = [
      [own.get(REQUEST) as Send, own.get(PRODUCE) as { protocol: Protocol }],
      [stock(REQUEST) as Send, stock(PRODUCE) as { protocol: Protocol }],
    ] as const;
    const clientId = fc.option(fc.string({ unit: 'grapheme' }));
    await fc.assert(
      fc.asyncProperty(clientId, fc.nat(2 ** 31 - 1), requests, async (name, id, given) => {
        const [ours, theirs] = await Promise.all(
          ways.map(([send, { protocol }]) =>
            send({ correlationId: id, clientId: name, ...protocol({ version: 7 })(given) }),
          ),
        );
        expect(ours?.buffer.toString('hex')).toBe(theirs?.buffer.toString('hex'));
      }),
    );
  });

  it('counts time from the earliest message, also where some have no timestamp', async () => {
    const settings = { attributes: 0, producerId: -1n, producerEpoch: 0, firstSequence: 0 };
    const batch = await encodeBatch(
      [{ value: 'a', timestamp: String(NOW_MS + 70_000) }, { value: 'b' }],
      { ...settings, nowMs: NOW_MS, compress: null },
    );
    expect(batch.readBigInt64BE(27)).toBe(BigInt(NOW_MS));
    expect(batch.readBigInt64BE(35)).toBe(BigInt(NOW_MS + 70_000));
    // Length, attributes, then the delta: zig-zag of 70,000.
    expect([...batch.subarray(63, 66)]).toEqual([0xe0, 0xc5, 0x08]);
    expect(batch.readUInt32BE(17)).toBe(crc32c(batch, 21, batch.length));
  });
});

describe('crc32c', () => {
  it('is that of RFC 3720, B.4', () => {
    const sum = (all: Iterable<number>): number => {
      const of = Buffer.from([...all]);
      return crc32c(of, 0, of.length);
    };
    expect(sum(new Array<number>(32).fill(0))).toBe(0x8a9136aa);
    expect(sum(new Array<number>(32).fill(0xff))).toBe(0x62a8ab43);
    expect(sum(Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
    expect(sum(Array.from({ length: 32 }, (_, i) => 31 - i))).toBe(0x113fdb5c);
  });

  it('is that of kafkajs, of any part of any bytes', () => {
    const plain = stock('src/protocol/recordBatch/crc32C/index.js') as (bytes: Buffer) => number;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(20), fc.nat(20), (all, from, less) => {
        const of = Buffer.from(all);
        const to = Math.max(of.length - less, Math.min(from, of.length));
        const begin = Math.min(from, of.length);
        expect(crc32c(of, begin, to)).toBe(plain(of.subarray(begin, to)));
      }),
    );
  });
});

describe('groups of messages', () => {
  it('stay as they are when kafkajs tries again, without a key, too', () => {
    const partitioner = Partitioners.DefaultPartitioner();
    const partitionMetadata = [0, 1, 2].map((partitionId) => ({ partitionId, leader: 1 }));
    const messages = Array.from({ length: 10 }, (_, i) => ({ key: null, value: String(i) }));
    const group = (): unknown =>
      groupMessages({
        ...{ topic: 't', partitionMetadata, messages },
        partitioner: partitioner as never,
      });
    const first = structuredClone(group());
    expect(Object.keys(first as object)).toHaveLength(3);
    expect(group()).toEqual(first);
  });

  it('are those of kafkajs', () => {
    const theirs = stock('src/producer/groupMessagesPerPartition.js') as typeof groupMessages;
    fc.assert(
      fc.property(fc.array(fc.nat(5), { maxLength: 40 }), fc.nat(2), (all, partitions) => {
        const given = {
          topic: 't',
          partitionMetadata: Array.from({ length: partitions }, (_, i) => i),
          // Odd ones name no partition: theirs is the partitioner's choice.
          messages: all.map((wanted, i) => (i % 2 ? { wanted } : { wanted, partition: wanted })),
          partitioner: ({ message }: { message: { wanted: number } }) => message.wanted,
        };
        expect(groupMessages(given)).toEqual(theirs(given));
      }),
    );
  });
});
