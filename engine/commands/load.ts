/** `engine load`: a file of JSON lines → a topic. */
import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { type Command, InvalidArgumentError } from 'commander';
import { EngineError, messageOf } from '../errors.ts';
import { TopicWriter } from '../io/kafka/topic-writer.ts';
import { mebibytes, short } from '../run/progress.ts';
import { readRate } from '../spec/units.ts';
import { type BrokerFlags, brokersOf, withBrokers } from './kafka-brokers.ts';
import { wholeNumber } from './option-value.ts';

interface LoadFlags extends BrokerFlags {
  readonly topic: string;
  readonly key?: string;
  readonly partitions: number;
  /** Records per millisecond. */
  readonly rate?: number;
}

const BATCH_LINES = 2_000;
const PROGRESS_EVERY_MS = 500;

/** Adds the command. */
export function register(program: Command): void {
  withBrokers(program.command('load'))
    .description('load a file of JSON lines (.ndjson, .ndjson.gz) into a topic')
    .argument('<file>', 'one JSON object a line; .gz is unpacked')
    .requiredOption('--topic <name>', 'the topic; created, with retention off, if it is missing')
    .option('--key <field>', 'field whose value is the message key, e.g. city or main.id')
    .option('--partitions <n>', 'partitions of a topic that is created', wholeNumber(1, 9999), 4)
    .option('--rate <n/duration>', 'no faster than, e.g. 1000/1s', readSpeed)
    .action(run);
}

function readSpeed(text: string): number {
  const rate = readRate(text);
  if (rate !== null && rate.count > 0) return rate.count / rate.perMs;
  throw new InvalidArgumentError('Write how many per how long, e.g. 1000/1s.');
}

/** What became of the lines. */
interface Tally {
  loaded: number;
  bytes: number;
  keyless: number;
  firstKeyless: number;
}

async function run(file: string, flags: LoadFlags): Promise<void> {
  const { topic, partitions } = flags;
  await access(file).catch((error: unknown) => {
    throw unreadable(file, error);
  });
  const writer = new TopicWriter({
    connection: brokersOf(flags),
    topic,
    partitions,
    retentionMs: -1,
    clientId: 'engine-load',
    signal: new AbortController().signal,
    onNotice: (text) => process.stderr.write(`${text}\n`),
  });
  if (await writer.open()) {
    process.stderr.write(`topic ${topic} was created: ${partitions} partitions, retention off\n`);
  }
  const tally: Tally = { loaded: 0, bytes: 0, keyless: 0, firstKeyless: 0 };
  const begun = performance.now();
  const screen = openProgress(tally, begun);
  try {
    await copy(file, flags, writer, tally);
  } finally {
    screen.close();
    await writer.close();
  }
  report(file, flags, tally, performance.now() - begun);
}

async function copy(
  file: string,
  flags: LoadFlags,
  writer: TopicWriter,
  tally: Tally,
): Promise<void> {
  const { key = null, rate = Infinity } = flags;
  const begun = performance.now();
  const size = Math.max(1, Math.min(BATCH_LINES, Math.ceil(rate * 100)));
  let batch: { key: string | null; value: string }[] = [];
  const send = async (): Promise<void> => {
    const messages = batch;
    batch = [];
    const [refused] = await writer.write(messages);
    if (refused !== undefined) {
      throw new EngineError('ENG_KAFKA_FAILED', `${file}: a line is ${refused.reason}`);
    }
    tally.loaded += messages.length;
    const dueMs = begun + tally.loaded / rate - performance.now();
    if (dueMs > 0) await pause(dueMs);
  };
  let line = 0;
  for await (const value of linesOf(file)) {
    line++;
    if (value === '') continue;
    const found = key === null ? null : keyOf(value, key);
    if (key !== null && found === null && ++tally.keyless === 1) tally.firstKeyless = line;
    tally.bytes += value.length;
    batch.push({ key: found, value });
    if (batch.length === size) await send();
  }
  if (batch.length > 0) await send();
}

/** The lines of a file without their ends, unpacked. */
async function* linesOf(file: string): AsyncGenerator<string> {
  const source = createReadStream(file);
  // Errors of the file reach the loop through the stream they destroy.
  const input = file.endsWith('.gz') ? pipeline(source, createGunzip(), () => undefined) : source;
  let rest = '';
  try {
    for await (const chunk of input.setEncoding('utf8') as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line;
    }
  } catch (error) {
    throw unreadable(file, error);
  }
  if (rest !== '') yield rest;
}

const unreadable = (file: string, error: unknown): EngineError =>
  new EngineError('ENG_FILE_READ', `cannot read ${file}: ${messageOf(error)}`, {
    context: { file },
    cause: error,
  });

/**
 * The text of a field of a JSON line, `a.b` for one inside another: strings as they are, other values
 * as JSON. Null when the line is no JSON object or has no such field.
 */
export function keyOf(line: string, field: string): string | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  for (const name of field.split('.')) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, name)) return null;
    value = (value as Record<string, unknown>)[name];
  }
  if (value === null) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A line that changes in place, on terminals only. */
function openProgress(tally: Tally, begun: number): { close: () => void } {
  if (!process.stderr.isTTY) return { close: () => undefined };
  const timer = setInterval(() => {
    const rate = tally.loaded / ((performance.now() - begun) / 1000);
    process.stderr.write(`\r\u001b[K${short(tally.loaded)} records ${short(rate)}/s`);
  }, PROGRESS_EVERY_MS);
  return {
    close: () => {
      clearInterval(timer);
      process.stderr.write('\r\u001b[K');
    },
  };
}

function report(file: string, { topic, key }: LoadFlags, tally: Tally, elapsedMs: number): void {
  const { loaded, bytes, keyless, firstKeyless } = tally;
  const seconds = elapsedMs / 1000;
  process.stderr.write(
    `${loaded.toLocaleString('en-US')} records (${mebibytes(bytes)}) into ${topic} in ${seconds.toFixed(1)} s\n`,
  );
  if (keyless > 0) {
    process.stderr.write(
      `${keyless} of them without a key: no JSON object or no \`${key ?? ''}\`, first at ${file}:${firstKeyless}\n`,
    );
  }
  process.stderr.write(`look at them: engine tail ${topic}\n`);
}
