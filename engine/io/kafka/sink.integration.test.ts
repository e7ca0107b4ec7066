import { afterEach, describe, expect, it } from 'vitest';
import type { DeadLetter } from '../../../workers/protocol.ts';
import type { Cell, Column } from '../../core/batch.ts';
import type { RefusedRow } from '../../graph/ports.ts';
import type { SinkNode } from '../../plan/planner.ts';
import { cellsOf } from '../json-rows.fixture.ts';
import { batchOf, describeSink, recordOrigin, recorder } from '../sink-contract.suite.ts';
import type { Shape } from '../sink-contract.suite.ts';
import { topicEnds } from './admin.ts';
import {
  asAdmin,
  brokerConnection,
  freshName,
  makeTopic,
  readBack,
  removeTopic,
} from './broker.fixture.ts';
import { kafkaDeadLetters } from './dead-letters.ts';
import { kafkaSink } from './sink.ts';
import type { KafkaSinkConfig } from './sink.ts';

const columns: readonly Column[] = [
  { name: 'city', type: 'string', nullable: false },
  { name: 'n', type: 'long', nullable: false },
  { name: 'hot', type: 'bool', nullable: true },
  { name: 'temperature', type: 'float', nullable: true },
  { name: 'at', type: 'timestamp', nullable: false },
];

const nodeOf = (config: KafkaSinkConfig, ofColumns = columns): SinkNode => ({
  kind: 'sink',
  name: 'heat',
  input: 'felt',
  operations: [],
  slots: ofColumns.length,
  columns: ofColumns.map((column, slot) => ({ ...column, slot })),
  connector: { kind: 'kafka', config, connection: brokerConnection() },
});

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** A topic's name, removed after the test. */
function topicName(): string {
  const topic = freshName('sink');
  undo.push(() => removeTopic(topic).catch(() => undefined));
  return topic;
}

/** Rows as readers of the topic see them. */
async function rowsOf(topic: string, shape: Shape): Promise<Map<string, Cell>[]> {
  const ends = await topicEnds(brokerConnection(), topic);
  const count = [...ends.values()].reduce((sum, { low, high }) => sum + high - low, 0);
  if (count === 0) return [];
  return (await readBack(topic, count)).map(({ value }) =>
    cellsOf(shape.columns, value?.toString() ?? ''),
  );
}

describe('a kafka sink', () => {
  it('writes rows as JSON with their key and id, creating the topic', async () => {
    const topic = topicName();
    const told = recorder();
    const sink = kafkaSink(nodeOf({ topic, key: 'city' }), told.context);
    await sink.open(null);
    expect(told.notices).toEqual([`topic ${topic} was created`]);
    const rows = [
      ['Brest', 2 ** 53 - 1, 1, Math.fround(9.91), 1_711_580_400_123],
      ['Orléans', -1, null, null, 0],
    ];
    await sink.write(batchOf(columns, rows, recordOrigin(2, 0, 40)));
    await sink.close();
    const found = (await readBack(topic, 2)).sort((a, b) => Number(b.value) - Number(a.value));
    const texts = found.map(({ key, value, headers }) => [
      key?.toString(),
      value?.toString(),
      headers?.['engine-id']?.toString(),
    ]);
    expect(texts.sort()).toEqual([
      [
        'Brest',
        '{"city":"Brest","n":9007199254740991,"hot":true,"temperature":9.91,"at":"2024-03-27T23:00:00.123Z"}',
        '["contract","heat","readings",0,40]',
      ],
      [
        'Orléans',
        '{"city":"Orléans","n":-1,"hot":null,"temperature":null,"at":"1970-01-01T00:00:00Z"}',
        '["contract","heat","readings",0,41]',
      ],
    ]);
  });

  it('R6: gives a row written again the same id', async () => {
    const topic = topicName();
    const batch = batchOf(columns, [['Metz', 1, 0, 1, 1000]], { kind: 'window', stage: 'felt' });
    for (let run = 0; run < 2; run++) {
      const sink = kafkaSink(nodeOf({ topic, identity: ['city', 'at'] }), recorder().context);
      await sink.open(null);
      await sink.write(batch);
      await sink.close();
    }
    const ids = (await readBack(topic, 2)).map(({ headers }) => headers?.['engine-id']?.toString());
    expect(ids).toEqual(Array(2).fill('["contract","heat","Metz","1970-01-01T00:00:01Z"]'));
  });

  it('refuses the one row that is too large and writes the others', async () => {
    const topic = topicName();
    await makeTopic(topic, 1, { 'max.message.bytes': '2000' });
    const refused: RefusedRow[] = [];
    const context = {
      ...recorder().context,
      onRefused: (rows: readonly RefusedRow[]) => refused.push(...rows),
    };
    const sink = kafkaSink(nodeOf({ topic }), context);
    await sink.open(null);
    const rows = Array.from({ length: 20 }, (_, i): Cell[] => [
      i === 13 ? 'x'.repeat(5000) : `city ${i}`,
      i,
      null,
      null,
      0,
    ]);
    await sink.write(batchOf(columns, rows));
    await sink.close();
    expect(refused.map(({ row, reason }) => [row, reason])).toEqual([
      [13, 'larger than the broker takes (message.max.bytes)'],
    ]);
    const numbers = (await readBack(topic, 19)).map(
      ({ value }) => (JSON.parse(value?.toString() ?? '') as { n: number }).n,
    );
    expect(numbers).toEqual(rows.map((_, i) => i).filter((i) => i !== 13));
  });

  it('compresses when told to', async () => {
    const topic = topicName();
    const sink = kafkaSink(nodeOf({ topic, compression: 'zstd' }), recorder().context);
    await sink.open(null);
    await sink.write(batchOf(columns, [['Brest', 1, 1, 1, 1]]));
    await sink.close();
    expect((await readBack(topic, 1))[0]?.value?.toString()).toContain('Brest');
  });

  it('creates a topic with the broker’s default partitions', async () => {
    const topic = topicName();
    const sink = kafkaSink(nodeOf({ topic }), recorder().context);
    await sink.open(null);
    await sink.close();
    const made = await asAdmin((admin) => admin.fetchTopicMetadata({ topics: [topic] }));
    expect(made.topics[0]?.partitions.length).toBeGreaterThan(0);
  });
});

describe('kafka dead letters', () => {
  it('keep the record’s own bytes, and say where it came from and why', async () => {
    const topic = topicName();
    const port = kafkaDeadLetters(nodeOf({ topic }).connector, recorder().context);
    await port.open();
    const letter: DeadLetter = {
      ...{ code: 'DECODE', reason: 'unexpected end', stage: 'readings', source: 'readings' },
      ...{ partition: 2, offset: 17, timestamp: 1000 },
      ...{ key: Uint8Array.of(1, 2), value: Uint8Array.of(0x7b, 0xff) },
    };
    await port.write([letter, { ...letter, offset: 18, key: null, timestamp: null }]);
    await port.close();
    const [first, second] = (await readBack(topic, 2)).sort((a) => (a.key === null ? 1 : -1));
    expect(first?.value).toEqual(Buffer.from([0x7b, 0xff]));
    expect(first?.key).toEqual(Buffer.from([1, 2]));
    const headers = Object.entries(first?.headers ?? {}).map(([name, text]) => [
      name,
      String(text),
    ]);
    expect(Object.fromEntries(headers)).toEqual({
      'engine-id': '["contract","readings","readings",2,17]',
      'engine-code': 'DECODE',
      'engine-reason': 'unexpected end',
      'engine-stage': 'readings',
      'engine-source': 'readings',
      'engine-partition': '2',
      'engine-offset': '17',
      'engine-timestamp': '1000',
      'engine-pipeline': 'contract',
    });
    expect(second?.headers?.['engine-timestamp']).toBeUndefined();
  });

  it('keep where a letter came from when its value is too large', async () => {
    const topic = topicName();
    await makeTopic(topic, 1, { 'max.message.bytes': '2000' });
    const port = kafkaDeadLetters(nodeOf({ topic }).connector, recorder().context);
    await port.open();
    const letter: DeadLetter = {
      ...{ code: 'DECODE', reason: 'too big', stage: 's', source: 's', partition: 0, offset: 1 },
      ...{ timestamp: null, key: null, value: new Uint8Array(5000) },
    };
    await port.write([letter]);
    await port.close();
    const [found] = await readBack(topic, 1);
    expect(found?.value).toBeNull();
    expect(found?.headers?.['engine-offset']?.toString()).toBe('1');
  });
});

describeSink('kafka', {
  upserts: false,
  refusesNullKeys: false,
  keepsNegativeZero: false,
  expires: false,
  async place(shape) {
    const topic = freshName('contract');
    await makeTopic(topic, 2);
    return {
      sink: (context) => kafkaSink(nodeOf({ topic }, shape.columns), context),
      rows: () => rowsOf(topic, shape),
      remove: () => removeTopic(topic),
    };
  },
});
