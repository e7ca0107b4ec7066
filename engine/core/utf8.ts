/** Text to UTF-8 bytes. */

declare const TextEncoder: new () => {
  encode(text: string): Uint8Array<ArrayBuffer>;
};

const encoder = new TextEncoder();

/** The UTF-8 bytes of a text; lone surrogates become U+FFFD. */
export const encodeUtf8 = (text: string): Uint8Array<ArrayBuffer> => encoder.encode(text);
