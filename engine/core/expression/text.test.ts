import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scope, typed } from './oracle/evaluate.fixture.ts';
import { expression } from './oracle/random.fixture.ts';
import { expressionText } from './text.ts';

test.each([
  ['int_0 between -90 and 60', '(int_0 between -90 and 60)'],
  ['not bool_0 or int_1 is not null', '((not bool_0) or (not (int_1 is null)))'],
  ["string_0 in ('it''s', 'b')", "(string_0 in ('it''s', 'b'))"],
  ['-int_0 * 2.0', '(-(int_0) * 2.0)'],
  ["date_trunc('day', timestamp_0)", "date_trunc('day', timestamp_0)"],
  [
    'case int_0 when 1 then true end',
    'case when (int_0 = 1) then true else cast(null as bool) end',
  ],
  ['double_0 > $HOT', '(double_0 > 40.0)'],
])('%s is written %s', (text, written) => {
  const within = scope({ HOT: { type: 'double', value: 40 } });
  expect(expressionText(typed(text, within))).toBe(written);
});

test('names that are no plain words stand in backticks', () => {
  const columns = ['end', 'a b', '`', 'é1'].map((name, slot) => ({
    ...{ name, type: 'int' as const, nullable: false, slot },
  }));
  const text = '`end` + `a b` + ```` + é1';
  const within = { ...scope(), columns };
  expect(expressionText(typed(text, within))).toBe('(((`end` + `a b`) + ````) + é1)');
});

test('the text of a random expression compiles to the same expression', () => {
  const types = fc.constantFrom('bool', 'int', 'double', 'float', 'string', 'timestamp', 'long');
  const property = fc.property(
    types.chain((type) => expression(type as 'int', 3)),
    (text) => {
      const once = typed(text);
      expect(typed(expressionText(once))).toEqual(once);
    },
  );
  fc.assert(property, { numRuns: 1000 });
});
