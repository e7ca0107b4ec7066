/** Addresses of the web. */
import type { z } from 'zod';
import { scalar, shorten } from './scalar.ts';
import type { Read } from './scalar.ts';

/** `https://host/path?…`, in which `{placeholders}` may stand behind the host. */
export const webAddress = (): z.ZodType<string> =>
  scalar({
    what: 'an address such as `https://host/path`',
    json: { type: 'string' },
    read: (value): Read<string> => {
      const text = String(value);
      const [, before = ''] = /^([^{?#]*)/.exec(text) ?? [];
      const isWeb = /^https?:\/\/[^/{@]+(\/|$|\?)/.test(text) && URL.canParse(before);
      if (isWeb) return { value: text };
      return {
        code: 'invalid-value',
        message: `\`${shorten(before)}\` is no address`,
        hint: 'it begins with http:// or https:// and a host, and holds no user name',
      };
    },
  });
