/** Which record a pick keeps, and where its columns lie. */

/** One kind of pick. Records whose key is null are left out; with key `time`, those without a value. */
export interface PickRule {
  readonly kind: string;
  readonly key: 'time' | 'number' | 'text';
  readonly value: 'number' | 'text';
  /** Whether the greatest key wins, else the least. */
  readonly greatest: boolean;
  /** Whether of equal keys the last record wins, else the first. */
  readonly latest: boolean;
}

/** Where columns lie: [n, event time, partition, offset, key?, value?, whether there is a value?]. */
export interface PickPlaces {
  readonly time: number;
  readonly partition: number;
  readonly offset: number;
  readonly keyNumber: number;
  readonly keyText: number;
  readonly valueNumber: number;
  readonly hasValue: number;
  readonly valueText: number;
}

/** The places of a rule's columns; those it lacks have the number of another. */
export function placesOf({ key }: Pick<PickRule, 'key'>): PickPlaces {
  const own = 4;
  const valueNumber = key === 'number' ? own + 1 : own;
  return {
    ...{ time: 1, partition: 2, offset: 3 },
    keyNumber: key === 'time' ? 1 : own,
    keyText: 0,
    ...{ valueNumber, hasValue: valueNumber + 1 },
    valueText: key === 'text' ? 1 : 0,
  };
}
