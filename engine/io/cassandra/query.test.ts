import { describe, expect, it } from 'vitest';
import type { Condition, Operator } from '../table/condition.ts';
import { pushedConditions } from './query.ts';

const key = { partitionKey: ['city', 'day'], clusteringKey: ['hour', 'minute'] };
const condition = (column: string, operator: Operator, value: number | null = 1): Condition => ({
  column,
  operator,
  value,
});
const partition = [condition('city', '='), condition('day', '=')];
const pushed = (...conditions: Condition[]) =>
  pushedConditions(conditions, key).pushed.map(({ column, operator }) => `${column}${operator}`);

describe('conditions the server decides', () => {
  it('are none unless all of the partition key is given', () => {
    expect(pushed(condition('city', '='), condition('hour', '='))).toEqual([]);
    expect(pushed(condition('city', '='), condition('day', '>'))).toEqual([]);
    expect(pushed(condition('city', '='), condition('day', '=', null))).toEqual([]);
  });

  it('go on through the clustering columns as long as they are equal', () => {
    expect(pushed(...partition, condition('hour', '='), condition('minute', '='))).toEqual([
      'city=',
      'day=',
      'hour=',
      'minute=',
    ]);
    expect(pushed(...partition, condition('minute', '='))).toEqual(['city=', 'day=']);
  });

  it('end with one range', () => {
    expect(
      pushed(
        ...partition,
        condition('hour', '>='),
        condition('hour', '<'),
        condition('hour', '>'),
        condition('minute', '='),
      ),
    ).toEqual(['city=', 'day=', 'hour>=', 'hour<']);
  });

  it('are never about other columns or !=', () => {
    expect(pushed(...partition, condition('hour', '!='), condition('n', '='))).toEqual([
      'city=',
      'day=',
    ]);
  });
});
