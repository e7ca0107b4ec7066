/**
 * Kafka's record-batch codecs. Attribute bits 0–2 of a v2 batch: 0 none, 1 gzip, 2 snappy (with or
 * without the xerial block framing of the Java client), 3 lz4 (frame format), 4 zstd.
 *
 * The two that are libraries of machine code are loaded by the first batch that needs them: 20 ms and
 * 13 MiB, which files, and topics without compression, do without.
 */
import { createRequire } from 'node:module';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import type * as Lz4 from 'lz4-napi';
import type * as Snappy from 'snappy';
import { EngineError } from '../engine/errors.ts';

const require = createRequire(import.meta.url);
let lz4: typeof Lz4 | null = null;
let snappy: typeof Snappy | null = null;

const XERIAL = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00];
const XERIAL_HEADER_BYTES = 16;

/** The decompressed bytes of a batch's records section. Throws EngineError ENG_KAFKA_FORMAT. */
export function decompress(codec: number, bytes: Uint8Array): Uint8Array {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (codec) {
    case 1:
      return gunzipSync(buffer);
    case 2:
      return XERIAL.every((byte, i) => buffer[i] === byte) ? unxerial(buffer) : unsnap(buffer);
    case 3:
      lz4 ??= require('lz4-napi') as typeof Lz4;
      return lz4.decompressFrameSync(buffer);
    case 4:
      return zstdDecompressSync(buffer);
    default:
      throw new EngineError('ENG_KAFKA_FORMAT', `unknown compression codec ${String(codec)}`);
  }
}

function unsnap(bytes: Buffer): Buffer {
  snappy ??= require('snappy') as typeof Snappy;
  return snappy.uncompressSync(bytes, { asBuffer: true }) as Buffer;
}

/** Blocks of `int32 length, snappy bytes` after a 16-byte header (snappy-java's stream format). */
function unxerial(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = XERIAL_HEADER_BYTES; at + 4 <= bytes.length;) {
    const length = bytes.readInt32BE(at);
    parts.push(unsnap(bytes.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return Buffer.concat(parts);
}
