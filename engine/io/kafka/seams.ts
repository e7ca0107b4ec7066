/**
 * The places where kafkajs 2.2.4 lets raw record batches through, patched on a **private
 * second copy** of its modules; whoever imports 'kafkajs' gets the stock one.
 *
 * 1. `fetch/v4/decodeMessages.js`, which the responses of all fetch versions from 4 on call: one
 *    message per partition comes back, holding the record batches undecoded (3.4 µs a record saved).
 *    It comes back for an empty partition too: that is how an empty fetch is seen at all.
 * 2. `consumer/filterAbortedMessages.js`: keeps the list of aborted transactions with that message
 *    instead of filtering by it.
 * 3. `Connection.prototype.processData`: takes a whole response frame as it is (framed-socket.ts).
 *    The original keeps a view on the frame and joins again, which fails once it is transferred.
 * 4. `producer/groupMessagesPerPartition.js`, what encodes produce requests, and `protocol/request.js`, which
 *    makes the bytes of any request: produce-seam.ts.
 *
 * `utils/sleep`, which of what is used of this copy only the consumer's idle loop calls, becomes one that `wake()` ends early:
 * a resumed partition is fetched at once, not at the end of the pause.
 *
 * kafkajs requires the fetch versions lazily, through the shared module cache; so those of the
 * private copy are loaded here and handed out by its `Fetch.protocol`.
 */
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import type {
  Consumer,
  ConsumerConfig,
  ISocketFactory,
  KafkaConfig,
  Logger,
  Producer,
  ProducerConfig,
} from 'kafkajs';
import { isWholeFrame } from './framed-socket.ts';
import {
  bindProduce,
  type EncoderClass,
  groupMessages,
  type ProduceProtocol,
  requestEncoder,
} from './produce-seam.ts';

/** A transaction that was aborted: batches of this producer from `firstOffset` on are not data. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

/** Everything one fetch brought for one partition; stands as the single message of its batch. */
export interface RawFetch {
  readonly raw: true;
  /** Record batches as they came; the last one may be cut off. Empty when there was nothing. */
  readonly value: Buffer;
  /** Aborted transactions that overlap the fetch, by first offset. */
  aborted: readonly AbortedTransaction[];
  /** Above every offset, so that kafkajs never drops the message. */
  readonly offset: string;
  readonly isControlRecord: false;
}

/** One partition of a low-level fetch. */
export interface FetchedPartition {
  readonly partition: number;
  readonly highWatermark: string;
  readonly abortedTransactions?: readonly { producerId: string; firstOffset: string }[];
  readonly messages: readonly RawFetch[];
}

/** A broker of the low-level client: the calls used here. */
export interface RawBroker {
  fetch(request: {
    maxWaitTime: number;
    minBytes: number;
    maxBytes: number;
    isolationLevel: number;
    topics: {
      topic: string;
      partitions: { partition: number; fetchOffset: string; maxBytes: number }[];
    }[];
  }): Promise<{
    responses: { topicName: string; partitions: FetchedPartition[] }[];
  }>;
  offsetCommit(request: {
    groupId: string;
    groupGenerationId: number;
    memberId: string;
    topics: { topic: string; partitions: { partition: number; offset: string }[] }[];
  }): Promise<unknown>;
  offsetFetch(request: {
    groupId: string;
    topics: { topic: string; partitions: { partition: number }[] }[];
  }): Promise<{
    responses: { topic: string; partitions: { partition: number; offset: string }[] }[];
  }>;
  leaveGroup(request: { groupId: string; memberId: string }): Promise<unknown>;
  describeGroups(request: { groupIds: string[] }): Promise<{
    groups: { members: { memberId: string; clientId: string; clientHost: string }[] }[];
  }>;
  describeConfigs(request: {
    resources: { type: number; name: string; configNames: string[] }[];
  }): Promise<{ resources: { configEntries: { configName: string; configValue: string }[] }[] }>;
  metadata(topics: string[]): Promise<{ clusterId: string }>;
}

/** kafkajs' low-level client: the calls used here. */
export interface RawCluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadata(): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  findTopicPartitionMetadata(topic: string): { partitionId: number; leader: number }[];
  findLeaderForPartitions(topic: string, partitions: number[]): Record<string, number[]>;
  findBroker(node: { nodeId: string }): Promise<RawBroker>;
  findControllerBroker(): Promise<RawBroker>;
  findGroupCoordinator(group: { groupId: string }): Promise<RawBroker>;
  fetchTopicsOffset(
    topics: { topic: string; partitions: { partition: number }[]; fromTimestamp: number }[],
  ): Promise<{ topic: string; partitions: { partition: number; offset: string }[] }[]>;
}

/** The private copy of kafkajs. */
export interface PrivateKafkajs {
  readonly Kafka: new (config: KafkaConfig) => {
    consumer(config: ConsumerConfig): Consumer;
    producer(config: ProducerConfig): Producer;
    logger(): Logger;
  };
  readonly Cluster: new (options: object) => RawCluster;
  /** Makes kafkajs' own socketFactory, for TLS and SASL. */
  readonly stockSocket: () => ISocketFactory;
  /** Ends the pauses of all idle consumers of this copy. */
  readonly wake: () => void;
  /** The modules of the copy by path within the package: for tests. */
  readonly modules: ReadonlyMap<string, unknown>;
}

/** The kafkajs release whose internals are relied on. */
export const KAFKAJS_VERSION = '2.2.4';

const DECODE = 'src/protocol/requests/fetch/v4/decodeMessages.js';
const FILTER = 'src/consumer/filterAbortedMessages.js';
const SLEEP = 'src/utils/sleep.js';
const CONNECTION = 'src/network/connection.js';
const FETCH = 'src/protocol/requests/fetch/index.js';
const PRODUCE = 'src/protocol/requests/produce/index.js';
const ENCODER = 'src/protocol/encoder.js';
const REQUEST = 'src/protocol/request.js';
const GROUP = 'src/producer/groupMessagesPerPartition.js';
const ABOVE_ALL = (2n ** 63n - 1n).toString();

interface Decoder {
  readInt32(): number;
  canReadBytes(length: number): boolean;
  readBytes(length: number): Buffer;
  readAll(): Buffer;
}

const nothing = Buffer.alloc(0);

const decodeRaw = (decoder: Decoder): Promise<RawFetch[]> => {
  const size = decoder.readInt32();
  const value = size > 0 && decoder.canReadBytes(size) ? decoder.readBytes(size) : nothing;
  return Promise.resolve([
    { raw: true, value, aborted: [], offset: ABOVE_ALL, isControlRecord: false },
  ]);
};

/** The aborted transactions of a response, by first offset. */
export const abortedOf = (
  list: FetchedPartition['abortedTransactions'],
): readonly AbortedTransaction[] =>
  (list ?? [])
    .map((each) => ({
      producerId: BigInt(each.producerId),
      firstOffset: Number(each.firstOffset),
    }))
    .sort((a, b) => a.firstOffset - b.firstOffset);

const keepAborted = (partition: {
  messages: RawFetch[];
  abortedTransactions?: FetchedPartition['abortedTransactions'];
}): RawFetch[] => {
  const [fetched] = partition.messages;
  if (fetched !== undefined) fetched.aborted = abortedOf(partition.abortedTransactions);
  return partition.messages;
};

const sleepers = new Set<() => void>();

const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      sleepers.delete(end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    sleepers.add(end);
  });

const wake = (): void => {
  for (const end of [...sleepers]) end();
};

interface Connection {
  authHandlers: unknown;
  bytesBuffered: number;
  requestQueue: { fulfillRequest(response: object): void };
}

function patchConnection(
  prototype: { processData: (this: Connection, data: Buffer) => void },
  Decoder: new (buffer: Buffer) => Decoder,
): void {
  const original = prototype.processData;
  prototype.processData = function processWholeFrame(data): void {
    const whole = isWholeFrame(data.buffer);
    if (!whole || this.authHandlers !== null || this.bytesBuffered > 0) {
      original.call(this, data);
      return;
    }
    const decoder = new Decoder(data);
    const size = decoder.readInt32();
    const correlationId = decoder.readInt32();
    this.requestQueue.fulfillRequest({ size, correlationId, payload: decoder.readAll() });
  };
}

type FetchProtocol = (choice: { version: number }) => (request: object) => object;

/** Makes the copy's fetch requests decode with the copy's own responses. */
function bindFetchVersions(
  fetch: { versions: string[]; protocol: FetchProtocol },
  responseOf: (version: string) => unknown,
): void {
  const original = fetch.protocol;
  const responses = new Map(
    fetch.versions.map((version) => [Number(version), responseOf(version)]),
  );
  fetch.protocol = (choice) => (request) => ({
    ...original(choice)(request),
    response: responses.get(choice.version),
  });
}

const require = createRequire(import.meta.url);

function load(): PrivateKafkajs {
  const root = dirname(require.resolve('kafkajs/package.json'));
  const isKafkajs = (path: string): boolean => path.startsWith(root + sep);
  const cached = (): string[] => Object.keys(require.cache).filter(isKafkajs);
  const stock = cached().map((path) => [path, require.cache[path]] as const);
  const drop = (): void => {
    for (const path of cached()) Reflect.deleteProperty(require.cache, path);
  };
  const at = (path: string): unknown => require(join(root, path));
  const replace = (path: string, by: unknown): void => {
    at(path);
    const module = require.cache[join(root, path)];
    if (module !== undefined) module.exports = by;
  };
  drop();
  try {
    replace(DECODE, decodeRaw);
    replace(FILTER, keepAborted);
    replace(SLEEP, sleep);
    replace(GROUP, groupMessages);
    const Encoder = at(ENCODER) as EncoderClass;
    replace(REQUEST, requestEncoder(Encoder));
    const { Kafka } = at('index.js') as Pick<PrivateKafkajs, 'Kafka'>;
    const { prototype } = at(CONNECTION) as {
      prototype: { processData: (data: Buffer) => void };
    };
    patchConnection(prototype, at('src/protocol/decoder.js') as new (bytes: Buffer) => Decoder);
    bindFetchVersions(at(FETCH) as { versions: string[]; protocol: FetchProtocol }, (version) =>
      at(`src/protocol/requests/fetch/v${version}/response.js`),
    );
    bindProduce(at(PRODUCE) as ProduceProtocol, Encoder);
    const Cluster = at('src/cluster/index.js') as PrivateKafkajs['Cluster'];
    const stockSocket = at('src/network/socketFactory.js') as () => ISocketFactory;
    const modules = new Map(
      cached().map((path) => [
        path.slice(root.length + 1),
        require.cache[path]?.exports as unknown,
      ]),
    );
    return { Kafka, Cluster, stockSocket, wake, modules };
  } finally {
    drop();
    for (const [path, module] of stock) Reflect.set(require.cache, path, module);
  }
}

let copy: PrivateKafkajs | undefined;

/** The private copy of kafkajs, loaded at the first call (some 40 ms). */
export const privateKafkajs = (): PrivateKafkajs => (copy ??= load());
