/**
 * Where kafkajs makes a produce request of messages. It groups them by partition in time quadratic in
 * their number, and makes several buffers a message, a checksum a byte at a time; here both are done
 * in one pass each, with the same result (produce-seam.test.ts).
 */
import { type BatchSettings, encodeBatch, type OutgoingMessage } from './encode-batch.ts';

/** What kafkajs' encoder of requests offers: what is used here. */
export interface Encoder {
  readonly buffer: Buffer;
  writeString(text: string | null): this;
  writeInt16(value: number): this;
  writeInt32(value: number): this;
}

/** Its class. */
export type EncoderClass = new (bytes?: number) => Encoder;

/** Bytes that are joined when they are sent, once: kafkajs asks for them twice. */
class Parts {
  readonly parts: readonly Buffer[];
  #joined: Buffer | null = null;

  constructor(parts: readonly Buffer[]) {
    this.parts = parts;
  }

  get buffer(): Buffer {
    return (this.#joined ??= Buffer.concat(this.parts));
  }
}

/** What a produce request is made of, as kafkajs has it. */
export interface ProduceArguments {
  readonly acks: number;
  readonly timeout: number;
  readonly compression?: number;
  readonly transactionalId?: string | null;
  /** An integer of 64 bits, or what says so as text. */
  readonly producerId?: number | string | bigint | { toString(): string };
  readonly producerEpoch?: number;
  readonly topicData: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly firstSequence?: number;
      readonly messages: readonly OutgoingMessage[];
    }[];
  }[];
}

interface Request {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly encode: () => Promise<{ readonly buffer: Buffer }>;
}

/** Requests by version: `index.js` of a kind of request. */
export interface ProduceProtocol {
  protocol: (choice: { version: number }) => (given: ProduceArguments) => { request: Request };
}

/** The first version whose messages are record batches of format 2. */
const FIRST_VERSION = 3;
const CODEC_MASK = 7;
const TRANSACTIONAL = 16;

/** Has a copy of kafkajs encode produce requests here. */
export function bindProduce(produce: ProduceProtocol, Encoder: EncoderClass): void {
  const original = produce.protocol;
  produce.protocol = (choice) => (given) => {
    const made = original(choice)(given);
    if (choice.version < FIRST_VERSION) return made;
    return { ...made, request: { ...made.request, encode: () => encodeProduce(given, Encoder) } };
  };
}

/** The body of a produce request, versions 3 to 7. */
async function encodeProduce(given: ProduceArguments, Encoder: EncoderClass): Promise<Parts> {
  const { transactionalId = null, acks, timeout, topicData } = given;
  const parts: Buffer[] = [];
  let next = new Encoder().writeString(transactionalId).writeInt16(acks).writeInt32(timeout);
  next.writeInt32(topicData.length);
  for (const { topic, partitions } of topicData) {
    next.writeString(topic).writeInt32(partitions.length);
    for (const { partition, firstSequence = 0, messages } of partitions) {
      const batch = await encodeBatch(messages, await settingsOf(given, firstSequence));
      parts.push(next.writeInt32(partition).writeInt32(batch.length).buffer, batch);
      next = new Encoder();
    }
  }
  return new Parts([...parts, next.buffer]);
}

/**
 * What makes the bytes of a request, for a copy of kafkajs: its own has three buffers for them, which
 * grow in powers of two and are filled with zeros.
 */
export const requestEncoder =
  (Encoder: EncoderClass) =>
  async ({
    correlationId,
    clientId,
    request: { apiKey, apiVersion, encode },
  }: {
    readonly correlationId: number;
    readonly clientId: string | null;
    readonly request: Request;
  }): Promise<Parts> => {
    const body = await encode();
    const bodyParts = body instanceof Parts ? body.parts : [body.buffer];
    const head = new Encoder().writeInt16(apiKey).writeInt16(apiVersion).writeInt32(correlationId);
    const parts = [head.writeString(clientId).buffer, ...bodyParts];
    const bytes = parts.reduce((sum, { length }) => sum + length, 0);
    return new Parts([new Encoder().writeInt32(bytes).buffer, ...parts]);
  };

async function settingsOf(
  { compression = 0, transactionalId = null, producerId, producerEpoch = 0 }: ProduceArguments,
  firstSequence: number,
): Promise<BatchSettings> {
  const codec = compression & CODEC_MASK;
  return {
    attributes: codec | (transactionalId === null ? 0 : TRANSACTIONAL),
    producerId: BigInt(producerId?.toString() ?? -1),
    producerEpoch,
    firstSequence,
    nowMs: Date.now(),
    // Sources load this copy, too: they need no codecs, which are machine code, nor the stock kafkajs.
    compress: codec === 0 ? null : (await import('./codecs.ts')).compressorOf(codec),
  };
}

/** The partition that was chosen for a message which names none. */
const chosen = new WeakMap<object, number>();

/**
 * Messages by partition, in their order. A message stays with the partition that was chosen for it:
 * kafkajs groups anew at every retry, and for messages without a key its partitioner counts on, so that
 * they would go to other partitions than those whose brokers have answered, or be missing there.
 */
export function groupMessages<Message extends object>({
  topic,
  partitionMetadata,
  messages,
  partitioner,
}: {
  readonly topic: string;
  readonly partitionMetadata: readonly unknown[];
  readonly messages: readonly Message[];
  readonly partitioner: (choice: {
    topic: string;
    partitionMetadata: readonly unknown[];
    message: Message;
  }) => number;
}): Record<number, Message[]> {
  const groups: Record<number, Message[]> = {};
  if (partitionMetadata.length === 0) return groups;
  for (const message of messages) {
    const { partition: named } = message as { readonly partition?: number };
    let partition = named ?? chosen.get(message);
    if (partition === undefined) {
      partition = partitioner({ topic, partitionMetadata, message });
      chosen.set(message, partition);
    }
    (groups[partition] ??= []).push(message);
  }
  return groups;
}
