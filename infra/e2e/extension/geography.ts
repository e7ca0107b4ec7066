/**
 * An extension: a stage that finds the cell of a grid a point lies in, and an aggregate. The engine's
 * main thread and every worker thread import this module. In a project of your own the first import
 * is `@engine-streams/engine/extension`.
 */
import { defineAggregate, defineStage } from '../../../engine/extension.ts';

/** `grid_cell: { latitude: lat, longitude: lon, degrees: 2 }` adds `cell`, such as `48:2`. */
export const gridCell = defineStage({
  keyword: 'grid_cell',
  summary:
    'Adds the cell of a grid of so many degrees that a point lies in; points off the globe are dropped.',
  example: 'grid_cell: { latitude: lat, longitude: lon, degrees: 0.5 }',
  inputs: { latitude: 'double', longitude: 'double' },
  settings: { degrees: 1 },
  outputs: { cell: 'string' },
  open: ({ degrees }) => {
    const step = Number(degrees);
    if (!(step > 0)) throw new Error('degrees must be above 0');
    const corner = (value: number): number => Math.floor(value / step) * step;
    return ({ latitude, longitude }) => {
      if (typeof latitude !== 'number' || typeof longitude !== 'number') return { cell: null };
      if (Number.isNaN(latitude)) throw new Error('latitude is not a number');
      if (Math.abs(latitude) > 90 || Math.abs(longitude) > 180) return null;
      return { cell: `${corner(latitude)}:${corner(longitude)}` };
    };
  },
});

/** `geometric_mean(x)`: the n-th root of the product of n values. */
export const geometricMean = defineAggregate({
  name: 'geometric_mean',
  summary: 'The n-th root of the product of n values above 0.',
  takes: ['int', 'long', 'float', 'double'],
  gives: 'double',
  // [how many, the sum of logarithms]
  state: 2,
  add(state, value) {
    state[0] = (state[0] ?? 0) + 1;
    state[1] = (state[1] ?? 0) + Math.log(Number(value));
  },
  merge(into, from) {
    into[0] = (into[0] ?? 0) + (from[0] ?? 0);
    into[1] = (into[1] ?? 0) + (from[1] ?? 0);
  },
  result: ([count = 0, logarithms = 0]) => Math.exp(logarithms / count),
});
