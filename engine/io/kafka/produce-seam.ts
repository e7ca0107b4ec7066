/**
 * Where kafkajs makes a produce request of messages. It groups them by partition in time quadratic in
 * their number, and makes several buffers a message, a checksum a byte at a time; here both are done
 * in one pass each, with the same result (produce-seam.test.ts).
 */
import { type BatchSettings, encodeBatch, type OutgoingMessage } from './encode-batch.ts';

/** What kafkajs' encoder of requests offers: what is used here. */
export interface Encoder {
  buf: Buffer;
  offset: number;
  ensureAvailable(length: number): void;
  writeString(text: string | null): this;
  writeInt16(value: number): this;
  writeInt32(value: number): this;
  writeBuffer(bytes: Buffer): this;
}

/** Its class. */
export interface EncoderClass {
  new (bytes?: number): Encoder;
  readonly prototype: Encoder;
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
  readonly encode: () => Promise<Encoder>;
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
  // As kafkajs has it, without zeros where a request is written at once.
  Encoder.prototype.ensureAvailable = function (length): void {
    if (this.offset + length <= this.buf.length) return;
    const wider = Buffer.allocUnsafe(2 * (this.offset + length));
    this.buf.copy(wider, 0, 0, this.offset);
    this.buf = wider;
  };
  const original = produce.protocol;
  produce.protocol = (choice) => (given) => {
    const made = original(choice)(given);
    if (choice.version < FIRST_VERSION) return made;
    return { ...made, request: { ...made.request, encode: () => encodeProduce(given, Encoder) } };
  };
}

/** The body of a produce request, versions 3 to 7. */
async function encodeProduce(given: ProduceArguments, Encoder: EncoderClass): Promise<Encoder> {
  const { transactionalId = null, acks, timeout, topicData } = given;
  const body = new Encoder().writeString(transactionalId).writeInt16(acks).writeInt32(timeout);
  body.writeInt32(topicData.length);
  for (const { topic, partitions } of topicData) {
    body.writeString(topic).writeInt32(partitions.length);
    for (const { partition, firstSequence = 0, messages } of partitions) {
      const batch = await encodeBatch(messages, await settingsOf(given, firstSequence));
      body.writeInt32(partition).writeInt32(batch.length).writeBuffer(batch);
    }
  }
  return body;
}

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
