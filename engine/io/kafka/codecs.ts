/** Codecs that kafkajs leaves out, for the stock copy: producing, and printing compressed topics. */
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import kafkajs from 'kafkajs';
import { compressFrame, decompressFrame } from 'lz4-napi';
import { compress, uncompress } from 'snappy';

const { CompressionCodecs, CompressionTypes } = kafkajs;

/** Names of compressions, as definitions and options spell them. */
export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** kafkajs' number of a compression. */
export function compressionType(name: Compression): kafkajs.CompressionTypes {
  switch (name) {
    case 'none':
      return CompressionTypes.None;
    case 'gzip':
      return CompressionTypes.GZIP;
    case 'snappy':
      return CompressionTypes.Snappy;
    case 'lz4':
      return CompressionTypes.LZ4;
    case 'zstd':
      return CompressionTypes.ZSTD;
  }
}

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;

interface Codec {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>;
  decompress(bytes: Buffer): Promise<Buffer>;
}

const zstd: Codec = {
  compress: ({ buffer }) => promisify(zstdCompress)(buffer),
  decompress: (bytes) => promisify(zstdDecompress)(bytes),
};

const lz4: Codec = {
  compress: ({ buffer }) => compressFrame(buffer),
  decompress: (bytes) => decompressFrame(bytes),
};

const snappy: Codec = {
  compress: ({ buffer }) => compress(buffer),
  decompress: async (bytes) => {
    if (!bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return unsnap(bytes);
    // snappy-java: blocks of `int32 length, bytes` behind a header of 16 bytes.
    const blocks: Buffer[] = [];
    for (let at = XERIAL_HEADER_BYTES; at + 4 <= bytes.length;) {
      const length = bytes.readInt32BE(at);
      blocks.push(await unsnap(bytes.subarray(at + 4, at + 4 + length)));
      at += 4 + length;
    }
    return Buffer.concat(blocks);
  },
};

const unsnap = async (bytes: Buffer): Promise<Buffer> =>
  Buffer.from(await uncompress(bytes, { asBuffer: true }));

/** Compresses records by kafkajs' number of a compression. Throws `Error` for a number that has none. */
export function compressorOf(type: number): (records: Buffer) => Promise<Buffer> {
  registerCodecs();
  const codec = (CompressionCodecs as Record<number, (() => Codec) | undefined>)[type];
  if (codec === undefined) throw new Error(`no compression has the number ${String(type)}`);
  return (buffer) => codec().compress({ buffer });
}

/** Makes the stock kafkajs read and write snappy, lz4 and zstd. Idempotent. */
export function registerCodecs(): void {
  CompressionCodecs[CompressionTypes.Snappy] = () => snappy;
  CompressionCodecs[CompressionTypes.LZ4] = () => lz4;
  CompressionCodecs[CompressionTypes.ZSTD] = () => zstd;
}
