/**
 * The events of workload W: shaped like OpenWeatherMap's, about 480 bytes, 40 cities over 4
 * partitions, one second of event time per 277 events; the same bytes every time.
 */

/** Partitions of a topic of W; a city is always in the same. */
export const PARTITIONS = 4;
const START_S = 1_700_000_000;
const EVENTS_PER_SECOND = 277;

const cities = [
  ...['Paris', 'Marseille', 'Lyon', 'Toulouse', 'Nice', 'Nantes', 'Montpellier', 'Strasbourg'],
  ...['Bordeaux', 'Lille', 'Rennes', 'Reims', 'Toulon', 'Saint-Etienne', 'Le Havre', 'Grenoble'],
  ...['Dijon', 'Angers', 'Villeurbanne', 'Nimes', 'Aix-en-Provence', 'Clermont-Ferrand', 'Le Mans'],
  ...['Brest', 'Tours', 'Amiens', 'Annecy', 'Limoges', 'Metz', 'Boulogne', 'Perpignan', 'Besancon'],
  ...['Orleans', 'Rouen', 'Montreuil', 'Caen', 'Argenteuil', 'Mulhouse', 'Nancy', 'Tourcoing'],
];

/** One event on its way to a topic. */
export interface WorkloadEvent {
  readonly key: string;
  readonly partition: number;
  /** Epoch ms, as text. */
  readonly timestamp: string;
  /** JSON. */
  readonly value: string;
}

const rounded = (value: number): number => Number(value.toFixed(2));

/** The first `count` events, in order. */
export function* workloadEvents(count: number): Generator<WorkloadEvent> {
  let seed = 42;
  // A linear congruential generator: the events must be the same in every language and run.
  const random = (): number => {
    seed = (seed * 1_664_525 + 1_013_904_223) >>> 0;
    return seed / 4_294_967_296;
  };
  for (let index = 0; index < count; index++) {
    const city = index % cities.length;
    yield {
      key: cities[city] ?? '',
      partition: city % PARTITIONS,
      timestamp: String((START_S + Math.floor(index / EVENTS_PER_SECOND)) * 1000),
      value: eventJson(index, city, random),
    };
  }
}

function eventJson(index: number, city: number, random: () => number): string {
  const temperature = 280 + random() * 20;
  return JSON.stringify({
    coord: { lon: 2.3488 + city, lat: 48.8534 - city / 10 },
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
    dt: START_S + Math.floor(index / EVENTS_PER_SECOND),
    sys: { type: 2, id: 2_041_230, country: 'FR', sunrise: 1_700_030_000, sunset: 1_700_063_000 },
    timezone: 3600,
    id: 2_988_507 + city,
    name: cities[city],
    cod: 200,
  });
}
