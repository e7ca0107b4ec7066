/** The code of match.as.ts and walk.as.ts, started with a memory of its own. */
import { CODE } from './match.wasm.ts';

/** What they offer. Addresses and lengths are bytes of the memory. */
export interface Code {
  place(
    ...places: [
      tree: number,
      text: number,
      table: number,
      count: number,
      ten: number,
      kinds: number,
      texts: number,
    ]
  ): void;
  read(
    ...call: [starts: number, ends: number, count: number, marks: number, shift: number]
  ): number;
  lines(...call: [from: number, to: number, ends: number, most: number, origin: number]): number;
  countLines(from: number, to: number): number;
  walk(
    ...call: [
      p: number,
      stop: number,
      end: number,
      left: number,
      shift: number,
      least: number,
      most: number,
      base: number,
      time: number,
      isAppended: number,
      out: number,
    ]
  ): number;
}

/** The part of WebAssembly's interface that is needed: core/ has no types of hosts. */
declare const WebAssembly: {
  readonly Memory: new (size: { initial: number; maximum: number }) => { buffer: ArrayBuffer };
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { exports: unknown };
  validate(code: Uint8Array): boolean;
};

const PAGE_BYTES = 64 * 1024;
let compiled: object | null = null;

/** Starts the code with `bytes` of memory; null where the machine has no vector instructions. */
export function startCode(bytes: number): { code: Code; memory: ArrayBuffer } | null {
  if (compiled === null && !WebAssembly.validate(CODE)) return null;
  compiled ??= new WebAssembly.Module(CODE);
  const pages = Math.ceil(bytes / PAGE_BYTES);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  return { code: exports as Code, memory: memory.buffer };
}
