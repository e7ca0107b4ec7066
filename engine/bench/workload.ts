/**
 * What `engine bench` fills a topic with: JSON events shaped like OpenWeatherMap's, the same bytes
 * every time. The default is workload W: 2 million events of about 510 bytes, 40 cities over 4
 * partitions, one second of event time per 277 events, in one-minute windows.
 */
import { createHash } from 'node:crypto';
import { EngineError } from '../errors.ts';
import { rankedBy } from './zipf.ts';

/** Codecs of record batches. */
export const compressions = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

/** A workload: events, and the windows they are aggregated in. */
export interface Workload {
  readonly events: number;
  /** Different group keys. A key is always in the same partition. */
  readonly keys: number;
  /** Exponent of Zipf's law that keys follow; 0: each as often as the others, in turns. */
  readonly zipf: number;
  /**
   * Size of an event at least; 0: as it comes, about 510 bytes. Below 512 an event has nothing but the
   * name, the time and the temperature.
   */
  readonly bytes: number;
  readonly partitions: number;
  /** Events are up to this much older than their place in the topic, ms. */
  readonly disorderMs: number;
  readonly compression: (typeof compressions)[number];
  readonly windowMs: number;
  /** Windows begin every so many ms; as `windowMs` for tumbling ones. */
  readonly slideMs: number;
  /** Fields that are read: name, time, and as many of `NUMBER_PATHS`, whose sum is aggregated. */
  readonly fields: number;
}

/** Paths of numbers in an event, those that few share an object with first. */
export const NUMBER_PATHS = [
  ...['main.temp', 'wind.speed', 'coord.lat', 'clouds.all', 'main.feels_like', 'main.humidity'],
  ...['coord.lon', 'wind.deg', 'main.pressure', 'main.temp_min', 'main.temp_max', 'main.sea_level'],
  ...['main.grnd_level', 'sys.sunrise', 'sys.sunset', 'visibility', 'timezone', 'id'],
] as const;

/** The numbers that a workload reads. Throws EngineError ENG_CLI_USAGE where there are not as many. */
export function numbersOf({
  fields,
  bytes,
}: Pick<Workload, 'fields' | 'bytes'>): readonly string[] {
  const most = isSlim(bytes) ? 3 : NUMBER_PATHS.length + 2;
  if (fields >= 3 && fields <= most) return NUMBER_PATHS.slice(0, fields - 2);
  throw new EngineError(
    'ENG_CLI_USAGE',
    `an event of this size has 3 to ${most} fields to read, not ${fields}`,
  );
}

const isSlim = (bytes: number): boolean => bytes > 0 && bytes < USUAL_BYTES;

/** About the size of an event with all its fields. */
const USUAL_BYTES = 512;

/** Workload W. */
export const WORKLOAD_W: Workload = {
  ...{ events: 2_000_000, keys: 40, zipf: 0, bytes: 0, partitions: 4, disorderMs: 0 },
  ...{ compression: 'none', windowMs: 60_000, slideMs: 60_000, fields: 3 },
};

/** One event on its way to a topic. */
export interface BenchEvent {
  readonly key: string;
  readonly partition: number;
  /** Epoch ms, as text. */
  readonly timestamp: string;
  /** JSON. */
  readonly value: string;
}

const START_S = 1_700_000_000;
const EVENTS_PER_SECOND = 277;

const cities = [
  ...['Paris', 'Marseille', 'Lyon', 'Toulouse', 'Nice', 'Nantes', 'Montpellier', 'Strasbourg'],
  ...['Bordeaux', 'Lille', 'Rennes', 'Reims', 'Toulon', 'Saint-Etienne', 'Le Havre', 'Grenoble'],
  ...['Dijon', 'Angers', 'Villeurbanne', 'Nimes', 'Aix-en-Provence', 'Clermont-Ferrand', 'Le Mans'],
  ...['Brest', 'Tours', 'Amiens', 'Annecy', 'Limoges', 'Metz', 'Boulogne', 'Perpignan', 'Besancon'],
  ...['Orleans', 'Rouen', 'Montreuil', 'Caen', 'Argenteuil', 'Mulhouse', 'Nancy', 'Tourcoing'],
];

/** Cities first, then stations by number. */
const nameOf = (key: number): string => cities[key] ?? `Station-${String(key).padStart(7, '0')}`;

const rounded = (value: number): number => Number(value.toFixed(2));

/** The events of a workload, in order. */
export function* workloadEvents(workload: Workload): Generator<BenchEvent> {
  const { events, keys, zipf, partitions, disorderMs } = workload;
  let seed = 42;
  // A linear congruential generator: the events must be the same in every language and run.
  const random = (): number => {
    seed = (seed * 1_664_525 + 1_013_904_223) >>> 0;
    return seed / 4_294_967_296;
  };
  const ranked = zipf === 0 ? null : rankedBy(zipf, keys);
  for (let index = 0; index < events; index++) {
    const key = ranked === null ? index % keys : ranked(random());
    const second = START_S + Math.floor(index / EVENTS_PER_SECOND);
    const late = disorderMs === 0 ? 0 : Math.floor((random() * disorderMs) / 1000);
    yield {
      key: nameOf(key),
      partition: key % partitions,
      timestamp: String(second * 1000),
      value: padded(eventOf(index, key, second - late, random), workload.bytes),
    };
  }
}

function eventOf(index: number, key: number, dt: number, random: () => number) {
  const temperature = 280 + random() * 20;
  return {
    coord: { lon: 2.3488 + key, lat: 48.8534 - key / 10 },
    weather: [{ id: 803, main: 'Clouds', description: 'broken clouds', icon: '04d' }],
    base: 'stations',
    main: {
      temp: rounded(temperature),
      feels_like: rounded(temperature - 2 + random() * 4),
      temp_min: rounded(temperature - 1),
      temp_max: rounded(temperature + 1),
      pressure: 1000 + (index % 30),
      humidity: 40 + (index % 60),
      sea_level: 1019,
      grnd_level: 1012,
    },
    visibility: 10_000,
    wind: { speed: rounded(random() * 12), deg: index % 360 },
    clouds: { all: 75 },
    dt,
    sys: { type: 2, id: 2_041_230, country: 'FR', sunrise: 1_700_030_000, sunset: 1_700_063_000 },
    timezone: 3600,
    id: 2_988_507 + key,
    name: nameOf(key),
    cod: 200,
  };
}

/** JSON of an event, made as long as it should be at least by a field that nobody reads. */
function padded(event: ReturnType<typeof eventOf>, bytes: number): string {
  if (isSlim(bytes)) {
    const { name, dt, main } = event;
    return lengthened({ name, dt, main: { temp: main.temp } }, bytes);
  }
  return lengthened(event, bytes);
}

function lengthened(event: object, bytes: number): string {
  const text = JSON.stringify(event);
  // `,"note":""` are ten more.
  const missing = bytes - text.length - 10;
  return missing < 1 ? text : JSON.stringify({ ...event, note: 'x'.repeat(missing) });
}

/** What a topic with these events is called: the same for the same events only. */
export function topicOf({ windowMs: _, slideMs: __, fields: ___, ...content }: Workload): string {
  const sorted = Object.entries(content).toSorted();
  const hash = createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 8);
  return `engine-bench-${content.events}-${hash}`;
}
