/**
 * How many records a second one thread scans, beside `JSON.parse` of the same records:
 *
 *     npx node infra/bench/json-scan.ts [seconds per line]
 *
 * `openweathermap`: about 500 bytes, three fields of thirty-three; `varied`: the same with members
 * that come and go; `shuffled`: in ever another order, so that no shape recurs; `weather`: 113 bytes,
 * all six fields. The best of many short rounds counts, which a busy machine disturbs least; the sum
 * of a column keeps the work from being left out.
 */
import { openColumns } from '../../engine/core/json/columns.ts';
import type { Field } from '../../engine/core/json/projection.ts';
import { compileScan } from '../../engine/core/json/scan.ts';

const SECONDS = Number(process.argv[2] ?? 2);
const RECORDS = 16_384;
const ROUND = 512;

const CITIES = ['Paris', 'Marseille', 'Lyon', 'Saint-Étienne', 'Nîmes', 'Le Mans', 'Brest', 'Metz'];

let seed = 42;
const random = (): number => (seed = (seed * 1664525 + 1013904223) >>> 0) / 4294967296;
const round = (x: number): number => Number(x.toFixed(2));

const openWeatherMap = (i: number): object => {
  const c = i % 40;
  const temp = 280 + random() * 20;
  return {
    coord: { lon: 2.3488 + c, lat: 48.8534 - c / 10 },
    weather: [{ id: 803, main: 'Clouds', description: 'broken clouds', icon: '04d' }],
    base: 'stations',
    main: {
      temp: round(temp),
      feels_like: round(temp - 2 + random() * 4),
      temp_min: round(temp - 1),
      temp_max: round(temp + 1),
      pressure: 1000 + (i % 30),
      humidity: 40 + (i % 60),
      sea_level: 1019,
      grnd_level: 1012,
    },
    visibility: 10000,
    wind: { speed: round(random() * 12), deg: i % 360 },
    clouds: { all: 75 },
    dt: 1_700_000_000 + Math.floor(i / 277),
    sys: { type: 2, id: 2041230, country: 'FR', sunrise: 1700030000, sunset: 1700063000 },
    timezone: 3600,
    id: 2988507 + c,
    name: CITIES[i % CITIES.length],
    cod: 200,
  };
};

/** As it really comes: some records have gusts, rain, two kinds of weather. */
const varied = (i: number): object => {
  const event = openWeatherMap(i) as Record<string, Record<string, unknown> & unknown[]>;
  if (random() < 0.5) (event['wind'] as Record<string, unknown>)['gust'] = round(random() * 20);
  if (random() < 0.2) event['weather']?.push({ id: 500, main: 'Rain', icon: '10d' });
  if (random() > 0.3) return event;
  const { sys, timezone, id, name, cod, ...rest } = event;
  return { ...rest, rain: { '1h': round(random()) }, sys, timezone, id, name, cod };
};

/** The same members in ever another order: no shape recurs. */
const shuffled = (i: number): object =>
  Object.fromEntries(
    Object.entries(openWeatherMap(i))
      .map((entry): [number, typeof entry] => [random(), entry])
      .sort(([a], [b]) => a - b)
      .map(([, entry]) => entry),
  );

const weather = (i: number): object => ({
  date: `2024-03-28 23:${String(10 + (i % 50))}:19`,
  city: CITIES[i % CITIES.length],
  lon: 2.3488,
  lat: 48.8534,
  temperature: round(random() * 40 - 5),
  feels_like: round(random() * 40 - 7),
});

const field = (path: string, type: Field['type'], required = true): Field => ({
  path: path.split('.'),
  type,
  required,
});

const OPEN_WEATHER_MAP = [
  field('name', 'string'),
  field('main.temp', 'double'),
  field('dt', 'long'),
];
const WEATHER = [
  field('date', 'string'),
  field('city', 'string'),
  field('lat', 'float', false),
  field('lon', 'float', false),
  field('temperature', 'float'),
  field('feels_like', 'float'),
];

interface Corpus {
  readonly bytes: Buffer;
  readonly ends: Int32Array;
}

function corpusOf(make: (i: number) => object): Corpus {
  const encoder = new TextEncoder();
  const parts: Uint8Array[] = [];
  const ends = new Int32Array(RECORDS);
  let size = 0;
  for (let i = 0; i < RECORDS; i++) {
    const part = encoder.encode(JSON.stringify(make(i)));
    parts.push(part);
    ends[i] = size += part.length;
  }
  return { bytes: Buffer.concat(parts), ends };
}

/** Records a second of the best round; `scan` takes records [first, last) and returns a sum. */
function rateOf(scan: (first: number, last: number) => number): number {
  let best = Infinity;
  const until = performance.now() + SECONDS * 1000;
  for (let first = 0; performance.now() < until; first = (first + ROUND) % RECORDS) {
    const start = process.hrtime.bigint();
    if (!Number.isFinite(scan(first, first + ROUND))) throw new Error('a record was refused');
    best = Math.min(best, Number(process.hrtime.bigint() - start) / 1e9);
  }
  return ROUND / best;
}

function scanRate(corpus: Corpus, fields: Field[], validate: 'read' | 'full'): number {
  const scan = compileScan({ fields, validate });
  const columns = openColumns(fields, ROUND);
  const summed = fields.findIndex((f) => f.type !== 'string');
  const codes = new Float64Array(ROUND);
  const starts = Int32Array.from([0, ...corpus.ends.slice(0, -1)]);
  const ends = Int32Array.from(corpus.ends);
  return rateOf((first, last) => {
    let sum = 0;
    scan.open(corpus.bytes, columns);
    const [valueStart, valueEnd] = [starts.subarray(first, last), ends.subarray(first, last)];
    scan.readAll({ length: last - first, valueStart, valueEnd }, codes);
    for (let i = 0; i < last - first; i++) {
      if (codes[i] !== 0) return NaN;
      sum += columns.values[summed]?.[i] ?? 0;
    }
    return sum;
  });
}

function parseRate(corpus: Corpus, key: string): number {
  return rateOf((first, last) => {
    let sum = 0;
    for (let i = first; i < last; i++) {
      const text = corpus.bytes.toString('utf8', corpus.ends[i - 1] ?? 0, corpus.ends[i]);
      sum += (JSON.parse(text) as Record<string, number>)[key] ?? 0;
    }
    return sum;
  });
}

const report = (name: string, corpus: Corpus, rate: number): void => {
  const bytes = corpus.bytes.length / RECORDS;
  console.log(
    `${name.padEnd(36)} ${(rate / 1e3).toFixed(0).padStart(7)} k records/s ${((rate * bytes) / 1e6).toFixed(0).padStart(6)} MB/s`,
  );
};

const cases: [string, (i: number) => object, Field[], string][] = [
  ['openweathermap', openWeatherMap, OPEN_WEATHER_MAP, 'dt'],
  ['openweathermap varied', varied, OPEN_WEATHER_MAP, 'dt'],
  ['openweathermap shuffled', shuffled, OPEN_WEATHER_MAP, 'dt'],
  ['weather', weather, WEATHER, 'temperature'],
];
for (const [name, make, fields, key] of cases) {
  const corpus = corpusOf(make);
  console.log(`${name}: ${(corpus.bytes.length / RECORDS).toFixed(0)} bytes a record`);
  report('  scan', corpus, scanRate(corpus, fields, 'read'));
  report('  scan, validate: full', corpus, scanRate(corpus, fields, 'full'));
  report('  JSON.parse', corpus, parseRate(corpus, key));
}
