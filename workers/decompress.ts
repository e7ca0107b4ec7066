/**
 * Kafka's record-batch codecs. Attribute bits 0–2 of a v2 batch: 0 none, 1 gzip, 2 snappy (with or
 * without the xerial block framing of the Java client), 3 lz4 (frame format), 4 zstd.
 */
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { decompressFrameSync } from 'lz4-napi';
import { uncompressSync } from 'snappy';
import { EngineError } from '../engine/errors.ts';

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
      return decompressFrameSync(buffer);
    case 4:
      return zstdDecompressSync(buffer);
    default:
      throw new EngineError('ENG_KAFKA_FORMAT', `unknown compression codec ${String(codec)}`);
  }
}

const unsnap = (bytes: Buffer): Buffer => uncompressSync(bytes, { asBuffer: true }) as Buffer;

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
