import { describe, expect, test } from 'vitest';
import { cqlQuestion, isCqlAnswer, isKafkaAnswer, kafkaQuestion } from './probe.ts';

describe('ready checks', () => {
  test('ask Kafka for its versions in one frame', () => {
    const frame = kafkaQuestion();
    expect(frame.readInt32BE(0)).toBe(frame.length - 4);
    expect(frame.subarray(4, 8).toString('hex')).toBe('00120000');
    expect(frame.subarray(12).toString('latin1')).toBe('\0\u0006engine');
  });

  test('take only the answer to their own question from Kafka', () => {
    const answer = Buffer.alloc(10);
    kafkaQuestion().copy(answer, 4, 8, 12);
    expect(isKafkaAnswer(answer)).toBe(true);
    expect(isKafkaAnswer(answer.subarray(0, 9))).toBe(false);
    answer.writeInt16BE(35, 8);
    expect(isKafkaAnswer(answer)).toBe(false);
    expect(isKafkaAnswer(Buffer.from('HTTP/1.1 400 Bad Request'))).toBe(false);
  });

  test('ask Cassandra for its options in a frame of nine bytes', () => {
    expect(cqlQuestion().toString('hex')).toBe('040000000500000000');
  });

  test('take SUPPORTED from Cassandra, and no error frame', () => {
    expect(isCqlAnswer(Buffer.from('840000000600000010', 'hex'))).toBe(true);
    expect(isCqlAnswer(Buffer.from('840000000000000010', 'hex'))).toBe(false);
    expect(isCqlAnswer(Buffer.from('8400000006', 'hex'))).toBe(false);
  });
});
