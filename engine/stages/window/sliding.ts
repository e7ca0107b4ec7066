/** `sliding`: windows of one size that start every so often. */
import { shapeOfSizes } from '../../plan/window-shape.ts';
import type { WindowStage } from '../contract.ts';
import * as fields from '../../spec/fields.ts';
import type { Keyword } from '../../spec/keyword.ts';

/** Validated fields of `sliding`. */
export interface SlidingArgs {
  readonly sizeMs: number;
  /** Time between the starts of two windows, at most `sizeMs`. */
  readonly everyMs: number;
}

/** The `sliding` keyword as the language sees it. */
export const slidingKeyword: Keyword<SlidingArgs> = {
  keyword: 'sliding',
  family: 'window',
  summary: 'Windows [start, end) of one size that start every so often; a row counts in several.',
  fields: fields
    .object({
      size: fields.period().describe('Length of a window.'),
      every: fields.period().describe('Time between the starts of two windows.'),
    })
    .transform(({ size, every }) => ({ sizeMs: size, everyMs: every })),
  short: 'size',
  beside: ['every'],
  aliases: ['hop', 'hopping', 'slide', 'sliding_window', 'hopping_window'],
  example: 'window: { sliding: 1h, every: 5m }',
};

/** The `sliding` window. */
export const sliding: WindowStage<SlidingArgs> = {
  ...slidingKeyword,
  family: 'window',
  plan({ sizeMs, everyMs }, { timezone, report, path }) {
    if (everyMs > sizeMs) {
      report({
        code: 'slide-too-long',
        path,
        message: 'windows that start less often than their size would leave records out',
        hint: 'make `every` at most the size, or write a `tumbling` window',
      });
      return null;
    }
    return shapeOfSizes('sliding', { sizeMs, slideMs: everyMs }, timezone);
  },
};
