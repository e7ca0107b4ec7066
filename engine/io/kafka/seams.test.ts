import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KAFKAJS_VERSION, abortedOf, privateKafkajs } from './seams.ts';
import type { RawFetch } from './seams.ts';

const require = createRequire(import.meta.url);
const root = dirname(require.resolve('kafkajs/package.json'));

/** Files whose inner workings are relied on, not only their interface. */
const RELIED_ON = new Map([
  ['src/protocol/requests/fetch/v4/decodeMessages.js', 'd9fede59bebf84ee'],
  ['src/protocol/requests/fetch/v4/response.js', 'e854933fa63e3b4b'],
  ['src/protocol/requests/fetch/v11/response.js', '9cb972647500104e'],
  ['src/protocol/requests/fetch/index.js', 'b0961e16fca52023'],
  ['src/protocol/requests/produce/index.js', '789abc7e1c33a99e'],
  ['src/protocol/requests/produce/v3/request.js', '993a3db997827088'],
  ['src/protocol/requests/produce/v7/request.js', 'bc64c2f2d7feb31a'],
  ['src/producer/groupMessagesPerPartition.js', 'ea72357721fbf677'],
  ['src/producer/sendMessages.js', '8a120e6993955e04'],
  ['src/protocol/encoder.js', '9977889e184a9e91'],
  ['src/consumer/filterAbortedMessages.js', '54ce50f2a41ee168'],
  ['src/consumer/batch.js', '04ee865724744159'],
  ['src/consumer/consumerGroup.js', 'f3e461738585a8dc'],
  ['src/consumer/fetcher.js', 'a9418ebe7cffdbac'],
  ['src/consumer/index.js', 'cdf5b3d7c67364b2'],
  ['src/consumer/runner.js', 'fad3247df2e3ba48'],
  ['src/consumer/seekOffsets.js', 'db3e353a3c81d0d6'],
  ['src/consumer/subscriptionState.js', 'c51f24251b58ee5d'],
  ['src/consumer/worker.js', 'c9171739b9a2394d'],
  ['src/consumer/workerQueue.js', '3da110b5e8a16cc5'],
  ['src/consumer/offsetManager/index.js', 'bd1041968ae32232'],
  ['src/cluster/index.js', '3831a6845e4e9fb0'],
  ['src/network/connection.js', '2a993b2e74421ca6'],
  ['src/utils/sleep.js', '64e30e9a3916bed9'],
]);

interface Decoding {
  readonly decode: (
    bytes: Buffer,
  ) => Promise<{ responses: { partitions: { messages: unknown[] }[] }[] }>;
}

/** A version 4 fetch response: one topic, one partition, these record bytes. */
function response(records: Buffer): Buffer {
  const head = Buffer.alloc(4 + 4 + 2 + 1 + 4 + 4 + 2 + 8 + 8 + 4 + 4);
  let at = head.writeInt32BE(0, 0);
  at = head.writeInt32BE(1, at);
  at = head.writeInt16BE(1, at);
  at += head.write('t', at);
  at = head.writeInt32BE(1, at);
  at = head.writeInt32BE(0, at);
  at = head.writeInt16BE(0, at);
  at = head.writeBigInt64BE(9n, at);
  at = head.writeBigInt64BE(9n, at);
  at = head.writeInt32BE(0, at);
  head.writeInt32BE(records.length, at);
  return Buffer.concat([head, records]);
}

describe('the seams in kafkajs', () => {
  it('is the release whose internals are relied on, to the byte', () => {
    const { version } = require('kafkajs/package.json') as { version: string };
    expect(version).toBe(KAFKAJS_VERSION);
    for (const [path, digest] of RELIED_ON) {
      const bytes = readFileSync(join(root, path));
      expect([path, createHash('sha256').update(bytes).digest('hex').slice(0, 16)]).toEqual([
        path,
        digest,
      ]);
    }
  });

  it('hands record batches through undecoded, and an empty partition as well', async () => {
    const { modules } = privateKafkajs();
    const { decode } = modules.get('src/protocol/requests/fetch/v4/response.js') as Decoding;
    const bytes = Buffer.from('these are no record batches, and nobody looks');
    for (const records of [bytes, Buffer.alloc(0)]) {
      const { responses } = await decode(response(records));
      expect(responses[0]?.partitions[0]?.messages).toMatchObject([{ raw: true, value: records }]);
    }
  });

  it('decodes every fetch version from 4 on with the patched copy', () => {
    const { modules } = privateKafkajs();
    const fetch = modules.get('src/protocol/requests/fetch/index.js') as {
      versions: string[];
      protocol: (choice: { version: number }) => (request: object) => { response: unknown };
    };
    expect(fetch.versions.map(Number)).toContain(11);
    for (const version of fetch.versions.map(Number)) {
      const request = fetch.protocol({ version })({ topics: [], maxWaitTime: 1 });
      const path = `src/protocol/requests/fetch/v${version}/response.js`;
      expect(request.response).toBe(modules.get(path));
    }
  });

  it('keeps the message through kafkajs’ batch, with the list of aborted transactions', () => {
    const { modules } = privateKafkajs();
    const Batch = modules.get('src/consumer/batch.js') as new (
      topic: string,
      fetchedOffset: string,
      data: object,
    ) => { messages: RawFetch[]; fetchedOffset: string; offsetLag(): string };
    const raw = { raw: true, value: Buffer.alloc(0), aborted: [] };
    const message = { ...raw, offset: (2n ** 63n - 1n).toString(), isControlRecord: false };
    const abortedTransactions = [{ producerId: '5', firstOffset: '40' }];
    const data = { partition: 0, highWatermark: '50', messages: [message], abortedTransactions };
    const batch = new Batch('t', '42', data);
    expect(batch.fetchedOffset).toBe('42');
    expect(batch.messages[0]?.aborted).toEqual([{ producerId: 5n, firstOffset: 40 }]);
    expect(() => batch.offsetLag()).not.toThrow();
  });

  it('leaves the stock copy as it is', async () => {
    const { modules, Kafka } = privateKafkajs();
    const stock = (path: string): unknown => require(join(root, path));
    expect(stock('src/index.js')).not.toBe(Kafka);
    expect((await import('kafkajs')).Kafka).toBe(stock('src/index.js'));
    for (const path of RELIED_ON.keys()) expect(stock(path)).not.toBe(modules.get(path));
    const prototypeOf = (module: unknown): { readonly processData: { readonly name: string } } =>
      (module as { prototype: { readonly processData: { readonly name: string } } }).prototype;
    const path = 'src/network/connection.js';
    expect(prototypeOf(modules.get(path)).processData.name).toBe('processWholeFrame');
    expect(prototypeOf(stock(path)).processData.name).toBe('processData');
    const { decode } = stock('src/protocol/requests/fetch/v11/response.js') as Decoding;
    expect(decode).not.toBe(
      (modules.get('src/protocol/requests/fetch/v11/response.js') as Decoding).decode,
    );
    // The stock response looks into the bytes and finds no records.
    const { decode: decode4 } = stock('src/protocol/requests/fetch/v4/response.js') as Decoding;
    const { responses } = await decode4(response(Buffer.alloc(80, 1)));
    expect(responses[0]?.partitions[0]?.messages).toEqual([]);
  });

  it('sorts aborted transactions by where they begin', () => {
    const list = [
      { producerId: '1', firstOffset: '30' },
      { producerId: '2', firstOffset: '4' },
    ];
    expect(abortedOf(list).map(({ firstOffset }) => firstOffset)).toEqual([4, 30]);
    expect(abortedOf(undefined)).toEqual([]);
  });
});
