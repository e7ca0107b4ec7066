import type { IHeaders, Message } from 'kafkajs';
import { EngineError } from '../../errors.ts';
import type { DeadLetterPort, SinkContext } from '../../graph/ports.ts';
import type { Connector } from '../../plan/planner.ts';
import type { DeadLetter, RecordHeader } from '../../../workers/protocol.ts';
import { letterHeaders } from '../dead-letter/letter-headers.ts';
import { clientIdOf } from './membership.ts';
import { type RefusedMessage, TopicWriter } from './topic-writer.ts';

const AT_ONCE = 1_000;

/**
 * Dead letters to a topic: value, key and headers are the record's own, so that it can be sent again as
 * it was; where it came from and why it was not used is in headers (dead-letter/letter-headers.ts).
 * The topic is created if it is missing.
 */
export function kafkaDeadLetters(connector: Connector, context: SinkContext): DeadLetterPort {
  const { connection } = connector;
  if (connection === null) {
    throw new EngineError('ENG_INVARIANT', 'engine bug: dead letters have no connection');
  }
  const { topic } = connector.config as { readonly topic: string };
  const { pipeline, signal, onNotice } = context;
  const clientId = clientIdOf(pipeline);
  const writer = new TopicWriter({ connection, topic, clientId, signal, onNotice });
  return {
    async open() {
      if (await writer.open()) onNotice(`topic ${topic} was created for dead letters`);
    },
    async write(letters) {
      // Some at a time: a message takes several times the memory of its letter.
      for (let first = 0; first < letters.length; first += AT_ONCE) {
        const some = letters.slice(first, first + AT_ONCE);
        const refused = await writer.write(some.map((letter) => letterMessage(pipeline, letter)));
        if (refused.length > 0) await writer.write(refused.map(withoutValue));
      }
    },
    close: () => writer.close(),
  };
}

/** With its value the letter is too large: where it came from is worth keeping. */
const withoutValue = ({ message, reason }: RefusedMessage): Message => ({
  ...message,
  value: null,
  headers: { ...message.headers, 'engine-value': reason },
});

/** The message of one letter. */
export const letterMessage = (pipeline: string, letter: DeadLetter): Message => ({
  key: letter.key === null ? null : asBuffer(letter.key),
  value: asBuffer(letter.value),
  headers: messageHeaders(letterHeaders(pipeline, letter)),
});

/** Headers as kafkajs takes them: those of one name as a list, and nothing for null, which it cannot send. */
export function messageHeaders(headers: readonly RecordHeader[]): IHeaders {
  const byName = Map.groupBy(headers, ([name]) => name);
  return Object.fromEntries(
    Array.from(byName, ([name, all]) => {
      const values = all.map(([, value]) => asBuffer(value ?? new Uint8Array(0)));
      return [name, values.length === 1 ? values[0] : values];
    }),
  );
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
