/** `tumbling`: windows that follow each other without gap or overlap. */
import { shapeOfSizes } from '../../plan/window-shape.ts';
import type { WindowStage } from '../contract.ts';
import * as fields from '../../spec/fields.ts';
import type { Keyword } from '../../spec/keyword.ts';

/** Validated fields of `tumbling`. */
export interface TumblingArgs {
  readonly sizeMs: number;
}

/** The `tumbling` keyword as the language sees it. */
export const tumblingKeyword: Keyword<TumblingArgs> = {
  keyword: 'tumbling',
  family: 'window',
  summary: 'Windows [start, end) of one size, one after the other; days follow the time zone.',
  fields: fields
    .object({ size: fields.period().describe('Length of a window.') })
    .transform(({ size }) => ({ sizeMs: size })),
  short: 'size',
  aliases: ['tumble', 'fixed', 'tumbling_window'],
  example: 'window: { tumbling: 10m, grace: 2m }',
};

/** The `tumbling` window. */
export const tumbling: WindowStage<TumblingArgs> = {
  ...tumblingKeyword,
  family: 'window',
  plan: ({ sizeMs }, { timezone }) =>
    shapeOfSizes('tumbling', { sizeMs, slideMs: sizeMs }, timezone),
};
