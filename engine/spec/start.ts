/** Where reading a log begins when there is no snapshot. */
import type { z } from 'zod';
import { scalar } from './scalar.ts';
import type { Read } from './scalar.ts';

/** The first record, the next one to come, or the first at or after a time (epoch milliseconds). */
export type Start = 'earliest' | 'latest' | number;

/** A field that reads a start. */
export const start = (): z.ZodType<Start> =>
  scalar({
    what: '`earliest`, `latest` or a time such as 2024-03-28T00:00:00Z',
    json: { type: 'string', pattern: '^(earliest|latest|\\d{4}-\\d{2}-\\d{2}.*)$' },
    read: (value): Read<Start> => {
      if (value === 'earliest' || value === 'latest') return { value };
      const text = String(value);
      const zoned = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/;
      const time = zoned.test(text) ? Date.parse(text) : NaN;
      if (!Number.isNaN(time)) return { value: time };
      return {
        code: 'invalid-value',
        message: `\`${text}\` is no place to start`,
        hint: 'write earliest, latest or a time with its zone, e.g. 2024-03-28T00:00:00Z',
      };
    },
  });
