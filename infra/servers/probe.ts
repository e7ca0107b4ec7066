/** Ready checks: the smallest true question in each protocol, by hand, so that no client is needed. */
import { connect } from 'node:net';
import { host } from './ports.ts';

/**
 * Sends bytes to a loopback port and gives the first `length` bytes of the answer; undefined when
 * there is no listener, no answer within `limitMs`, or a shorter one.
 */
async function ask(
  port: number,
  question: Buffer,
  length: number,
  limitMs = 2000,
): Promise<Buffer | undefined> {
  return new Promise((settle) => {
    const socket = connect({ port, host });
    let answer = Buffer.alloc(0);
    const finish = (): void => {
      socket.destroy();
      settle(answer.length >= length ? answer : undefined);
    };
    socket.setTimeout(limitMs, finish);
    socket.on('error', finish);
    socket.on('close', finish);
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk as Buffer]);
      if (answer.length >= length) finish();
    });
    socket.write(question);
  });
}

const correlation = 0x656e6769;

/**
 * Kafka's ApiVersions request, version 0: size i32, api key i16 = 18, version i16, correlation id
 * i32, client id (length i16, bytes). Source: Kafka protocol guide.
 */
export function kafkaQuestion(): Buffer {
  const client = Buffer.from('engine');
  const frame = Buffer.alloc(14 + client.length);
  frame.writeInt32BE(frame.length - 4, 0);
  frame.writeInt16BE(18, 4);
  frame.writeInt32BE(correlation, 8);
  frame.writeInt16BE(client.length, 12);
  client.copy(frame, 14);
  return frame;
}

/** True for the head of a good ApiVersions response: size i32, correlation id i32, error i16 = 0. */
export const isKafkaAnswer = (answer: Buffer): boolean =>
  answer.length >= 10 && answer.readInt32BE(4) === correlation && answer.readInt16BE(8) === 0;

/** An OPTIONS frame of CQL protocol 4: version, flags, stream i16, opcode 5, length i32. Source: native_protocol_v4.spec. */
export const cqlQuestion = (): Buffer => Buffer.from([4, 0, 0, 0, 5, 0, 0, 0, 0]);

/** True for the head of a SUPPORTED response: version 4 with the response bit, opcode 6. */
export const isCqlAnswer = (answer: Buffer): boolean =>
  answer.length >= 9 && answer[0] === 0x84 && answer[4] === 6;

/** True when a Kafka broker answers on this loopback port. */
export async function probeKafka(port: number): Promise<boolean> {
  const answer = await ask(port, kafkaQuestion(), 10);
  return answer !== undefined && isKafkaAnswer(answer);
}

/** True when Cassandra takes CQL connections on this loopback port. */
export async function probeCassandra(port: number): Promise<boolean> {
  const answer = await ask(port, cqlQuestion(), 9);
  return answer !== undefined && isCqlAnswer(answer);
}
