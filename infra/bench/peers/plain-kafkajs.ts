/**
 * The workload as most would write it: kafkajs' `eachBatch`, JSON.parse, a Map of running moments.
 * Settings are environment variables, see contestant.ts. One round: kafkajs has nothing to warm up.
 */
import { writeFileSync } from 'node:fs';
import { Kafka, logLevel } from 'kafkajs';

const { BROKERS = '', TOPIC = '', EVENTS = '0', WINDOW_MS = '60000', ROWS = '' } = process.env;
const windowMs = Number(WINDOW_MS);

interface Event {
  readonly name: string;
  readonly dt: number;
  readonly main: { readonly temp: number };
}

const windows = new Map<
  string,
  { name: string; start: number; n: number; mean: number; squares: number; max: number }
>();

function add({ name, dt, main: { temp } }: Event): void {
  const start = Math.floor((dt * 1000) / windowMs) * windowMs;
  const key = `${start} ${name}`;
  let window = windows.get(key);
  if (window === undefined) {
    window = { name, start, n: 0, mean: 0, squares: 0, max: -Infinity };
    windows.set(key, window);
  }
  const delta = temp - window.mean;
  window.mean += delta / ++window.n;
  window.squares += delta * (temp - window.mean);
  if (temp > window.max) window.max = temp;
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
