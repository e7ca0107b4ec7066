import { expect, test } from 'vitest';
import { definition, planned } from '../plan/definition.fixture.ts';
import { printedAsJson, printsRows } from './printed-rows.ts';

const sinks = `
raw: { from: readings, stdout: { format: table } }
kept: { from: readings, file: out.ndjson }`;

test('rows are printed as JSON whatever the definition says, other sinks are as they were', () => {
  const plan = planned(definition({ sinks }));
  const [raw, kept] = printedAsJson(plan).sinks;
  expect(plan.sinks[0]?.connector.config).toEqual({ format: 'table' });
  expect(raw?.connector).toEqual({ kind: 'stdout', config: { format: 'json' }, connection: null });
  expect(kept).toEqual(plan.sinks[1]);
});

test('a pipeline prints rows when it has a sink for that', () => {
  expect(printsRows(planned(definition({ sinks })))).toBe(true);
  expect(
    printsRows(planned(definition({ sinks: 'kept: { from: readings, file: o.ndjson }' }))),
  ).toBe(false);
});
