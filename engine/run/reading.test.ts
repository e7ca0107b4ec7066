import { expect, test } from 'vitest';
import { definition, planned } from '../plan/definition.fixture.ts';
import { differences, shapeOf } from '../plan/shape.ts';
import { readFrom } from './reading.ts';

const kafka = 'kafka: { topic: readings, start: latest }\nschema: { city: string! }\n';

test('R3: a topic is read from where who starts the run says, and its state stays what it was', () => {
  const plan = planned(definition({ source: kafka }));
  const told = readFrom(plan, 'committed');
  expect(told.sources[0]?.connector.config).toEqual({
    topic: 'readings',
    group: 'test',
    start: 'committed',
  });
  expect(differences(shapeOf(plan), shapeOf(told))).toEqual([]);
});

test('files are read as ever', () => {
  const plan = planned(definition({}));
  expect(readFrom(plan, 'committed')).toEqual(plan);
});
