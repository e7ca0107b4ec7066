/**
 * The workload as most would write it: kafkajs' `eachBatch`, JSON.parse, a Map of running moments.
 * Settings are environment variables, see contestant.ts. One round: kafkajs has nothing to warm up.
 */
import { writeFileSync } from 'node:fs';
import { Kafka, logLevel } from 'kafkajs';

const { BROKERS = '', TOPIC = '', EVENTS = '0', WINDOW_MS = '60000', SLIDE_MS } = process.env;
const { NUMBERS = 'main.temp', ROWS = '' } = process.env;
const windowMs = Number(WINDOW_MS);
const slideMs = Number(SLIDE_MS ?? WINDOW_MS);
const paths = NUMBERS.split(',').map((path) => path.split('.'));

interface Event {
  readonly name: string;
  readonly dt: number;
  readonly main: { readonly temp: number };
}

type Fields = Readonly<Record<string, unknown>>;

const windows = new Map<
  string,
  { name: string; start: number; n: number; mean: number; squares: number; max: number }
>();

/** The sum of the numbers that are read. */
function valueOf(event: Event): number {
  if (paths.length === 1) return event.main.temp;
  let sum = 0;
  for (const path of paths) {
    sum += path.reduce<unknown>((value, name) => (value as Fields)[name], event) as number;
  }
  return sum;
}

/** Adds an event to every window that it is in. */
function add(event: Event): void {
  const { name, dt } = event;
  const value = valueOf(event);
  const last = Math.floor((dt * 1000) / slideMs) * slideMs;
  for (let start = last; start > dt * 1000 - windowMs; start -= slideMs) {
    addTo(name, start, value);
  }
}

function addTo(name: string, start: number, value: number): void {
  const key = `${start} ${name}`;
  let window = windows.get(key);
  if (window === undefined) {
    window = { name, start, n: 0, mean: 0, squares: 0, max: -Infinity };
    windows.set(key, window);
  }
  const delta = value - window.mean;
  window.mean += delta / ++window.n;
  window.squares += delta * (value - window.mean);
  if (value > window.max) window.max = value;
}

const consumer = new Kafka({ brokers: BROKERS.split(','), logLevel: logLevel.ERROR }).consumer({
  groupId: `plain-${process.pid}`,
  ...{ maxBytesPerPartition: 4 << 20, maxBytes: 16 << 20, maxWaitTimeInMs: 50 },
});
const started = performance.now();
let [seen, begun] = [0, 0];
let cpu = process.cpuUsage();
await consumer.connect();
await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
await new Promise<void>((resolve, reject) => {
  consumer
    .run({
      ...{ partitionsConsumedConcurrently: 4, autoCommit: false },
      eachBatch: async ({ batch }) => {
        if (begun === 0) {
          begun = performance.now();
          cpu = process.cpuUsage();
        }
        for (const { value } of batch.messages) {
          if (value !== null) add(JSON.parse(value.toString()) as Event);
        }
        seen += batch.messages.length;
        if (seen >= Number(EVENTS)) resolve();
      },
    })
    .catch(reject);
});
const seconds = (performance.now() - begun) / 1000;
const { user, system } = process.cpuUsage(cpu);
const lines = Array.from(windows.values(), ({ name, start, n, mean, squares, max }) =>
  JSON.stringify({
    ...{ name, window_start: start, n, avg_temp: mean },
    ...{ var_temp: n < 2 ? null : squares / (n - 1), max_temp: max },
  }),
);
writeFileSync(ROWS, `${lines.join('\n')}\n`);
const cpuSeconds = (user + system) / 1e6;
process.stdout.write(
  `${JSON.stringify({ seconds, cpuSeconds, startSeconds: (begun - started) / 1000 })}\n`,
);
process.exit();
