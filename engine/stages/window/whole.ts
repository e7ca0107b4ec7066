/** `whole`: one window over all there is; its input must have an end. */
import type { WindowStage } from '../contract.ts';
import type { Keyword } from '../../spec/keyword.ts';
import { scalar } from '../../spec/scalar.ts';

/** Validated fields of `whole`: there are none. */
export type WholeArgs = Readonly<Record<string, never>>;

/** The `whole` keyword as the language sees it. */
export const wholeKeyword: Keyword<WholeArgs> = {
  keyword: 'whole',
  family: 'window',
  summary:
    'One window over the whole of a bounded input; its rows have no `window_start` and `window_end`.',
  fields: scalar<WholeArgs>({
    what: '`true`',
    json: { const: true },
    read: (value) =>
      String(value) === 'true'
        ? { value: {} }
        : { code: 'invalid-value', message: 'expected `true`', hint: 'write `whole: true`' },
  }),
  aliases: ['global', 'all', 'unbounded'],
  example: 'window: { whole: true }',
};

/** The `whole` window. */
export const whole: WindowStage<WholeArgs> = {
  ...wholeKeyword,
  family: 'window',
  plan: () => ({ kind: 'whole' }),
};
