/**
 * A simulation of the twelve biggest French cities' weather, in the shape of the readings the
 * original project polled: a daily cycle that follows the sun, fronts that pass in hours, and gusts.
 * Invented numbers; only the places and the formula are real.
 */
import { openZone } from '../../core/time/zone.ts';
import { noise, type Scenario } from './scenario.ts';

/** Settings of the weather scenario; milliseconds. */
export interface WeatherConfig {
  readonly scenario: 'weather';
  readonly spanMs: number;
  readonly everyMs: number;
  readonly seed: number;
  /** Epoch ms of the first round. */
  readonly startMs: number;
}

interface City {
  readonly name: string;
  readonly lat: number;
  readonly lon: number;
  /** Mean temperature and half the daily range in early spring, °C. */
  readonly mean: number;
  readonly swing: number;
  /** Mean wind, m/s. */
  readonly wind: number;
  /** Where Kafka's default partitioner (murmur2 of the key) puts it among four partitions. */
  readonly partition: number;
}

const cities: readonly City[] = [
  city('Paris', [48.8566, 2.3522], [9.5, 4.5, 4], 0),
  city('Marseille', [43.2965, 5.3698], [13.5, 4, 5.5], 1),
  city('Lyon', [45.7578, 4.832], [10.5, 5.5, 3.5], 3),
  city('Toulouse', [43.6045, 1.4442], [11.5, 5.5, 4], 3),
  city('Nice', [43.7102, 7.262], [13, 3.5, 3], 1),
  city('Nantes', [47.2184, -1.5536], [10.5, 4.5, 4.5], 3),
  city('Montpellier', [43.6109, 3.8772], [13, 5, 4.5], 2),
  city('Strasbourg', [48.5734, 7.7521], [8.5, 5.5, 3], 0),
  city('Bordeaux', [44.8378, -0.5792], [11.5, 5, 4], 3),
  city('Lille', [50.6292, 3.0573], [8, 4, 5], 3),
  city('Brest', [48.3904, -4.4861], [9.5, 2.5, 6.5], 2),
  city('Rennes', [48.1173, -1.6778], [10, 4.5, 4.5], 1),
];

function city(
  name: string,
  [lat, lon]: [number, number],
  [mean, swing, wind]: [number, number, number],
  partition: number,
): City {
  return { name, lat, lon, mean, swing, wind, partition };
}

/**
 * Apparent temperature in the shade, °C: the Australian Bureau of Meteorology's formula after
 * R. G. Steadman, "Norms of apparent temperature in Australia", 1994. `windMs` in m/s at 10 m,
 * `humidity` relative, in percent.
 */
export function apparentTemperature(celsius: number, windMs: number, humidity: number): number {
  const vapourHpa = (humidity / 100) * 6.105 * Math.exp((17.27 * celsius) / (237.7 + celsius));
  return celsius + 0.33 * vapourHpa - 0.7 * windMs - 4;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A poller asks one city after the other: the pause between two of a round, ms. */
const STEP = 100;

/** Temperature and apparent temperature of a city at an instant, °C, unrounded. */
function weatherAt(place: City, index: number, epochMs: number, seed: number): [number, number] {
  const solarHours = ((((epochMs + place.lon * (HOUR / 15)) % DAY) + DAY) % DAY) / HOUR;
  // Warmest three hours after noon; fronts move all cities from west to east, a degree in 10 minutes.
  const cycle = Math.cos(((solarHours - 15) / 12) * Math.PI);
  const front = noise(seed, 1, (epochMs - place.lon * 600_000) / (9 * HOUR));
  const local = noise(seed, 100 + index, epochMs / HOUR);
  const gust = noise(seed, 200 + index, epochMs / 600_000);
  const celsius = place.mean + place.swing * cycle + 3 * front + 0.6 * local + 0.15 * gust;
  const wind = Math.max(0.3, place.wind * (1 + 0.5 * front + 0.3 * gust));
  const humidity = Math.min(98, Math.max(25, 68 - 16 * cycle + 12 * front + 5 * local));
  return [celsius, apparentTemperature(celsius, wind, humidity)];
}

/** Local wall-clock text of a zone, `2024-03-28 23:20:19`; remembers the last second asked for. */
function localClock(timezone: string): (epochMs: number) => string {
  const zone = openZone(timezone);
  let second = NaN;
  let text = '';
  return (epochMs) => {
    const asked = Math.floor(epochMs / 1000);
    if (asked !== second) {
      second = asked;
      const local = new Date(asked * 1000 + zone.offsetAt(asked * 1000));
      text = local.toISOString().slice(0, 19).replace('T', ' ');
    }
    return text;
  };
}

const hundredths = (value: number): string => String(Math.round(value * 100) / 100);

/** Opens the scenario: four partitions, a round of all cities every `everyMs`. */
export function openWeather(config: WeatherConfig): Scenario {
  const { seed, everyMs, startMs } = config;
  const step = Math.min(STEP, everyMs / cities.length);
  const clock = localClock('Europe/Paris');
  const members = cities.map((place, index) => ({
    place,
    index,
    delayMs: index * step,
    head: `", "city": "${place.name}", "lon": ${place.lon}, "lat": ${place.lat}, "temperature": `,
  }));
  const byPartition = [0, 1, 2, 3].map((p) => members.filter(({ place }) => place.partition === p));
  const of = (partition: number): typeof members => byPartition[partition] ?? [];
  return {
    identity: `weather seed=${seed} start=${startMs} every=${everyMs}`,
    partitions: byPartition.length,
    rounds: Math.ceil(config.spanMs / everyMs),
    roundMs: everyMs,
    maxRecordBytes: 136,
    recordsPerRound: (partition) => of(partition).length,
    record(partition, index) {
      const { length } = of(partition);
      const round = Math.floor(index / length);
      const member = of(partition)[index - round * length];
      if (member === undefined) return '{}';
      const at = startMs + round * everyMs + member.delayMs;
      const [celsius, felt] = weatherAt(member.place, member.index, at, seed);
      const readings = `${hundredths(celsius)}, "feels_like": ${hundredths(felt)}}`;
      return `{"date": "${clock(at)}${member.head}${readings}`;
    },
  };
}
