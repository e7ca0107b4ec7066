/**
 * A local stand-in of OpenWeatherMap's `GET /data/2.5/weather`: right answers in its shape, and every
 * wrong one that the real one is known for, by script. Listens on 127.0.0.1 only.
 *
 *     npm run fake:openweathermap                                          port 8099
 *     npm run fake:openweathermap -- --port 9000 Lille=429,500,ok Brest=slow
 *
 * A script is a list of what a city is answered, one a request; the last one stays.
 */
import { readFileSync } from 'node:fs';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { parseCsv } from '../../engine/core/csv/table.ts';

const behaviours = ['ok', '401', '404', '400', '429', '500', 'slow', 'cut', 'html'] as const;

/** What a request is answered. `slow` does not answer before the client hangs up. */
export type Behaviour = (typeof behaviours)[number];

const isBehaviour = (step: string): step is Behaviour =>
  behaviours.some((behaviour) => behaviour === step);

/** A running fake. */
export interface FakeWeather {
  /** What to set OPENWEATHERMAP_URL to. */
  readonly url: string;
  /** The city of each request so far. */
  readonly calls: readonly string[];
  /** Keys that came with requests. */
  readonly keys: ReadonlySet<string>;
  /** Says what the next requests for a city are answered; the last one stays. */
  script(city: string, ...steps: readonly Behaviour[]): void;
  close(): Promise<void>;
}

interface City {
  readonly name: string;
  readonly lat: number;
  readonly lon: number;
}

/** Starts it. `nowMs` is the time that `dt` is made of; port 0 takes any that is free. */
export async function openFakeWeather(
  port = 0,
  nowMs: () => number = () => Date.now(),
): Promise<FakeWeather> {
  const cities = readCities();
  const scripts = new Map<string, Behaviour[]>();
  const calls: string[] = [];
  const keys = new Set<string>();
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? '/', 'http://localhost').searchParams;
    const key = query.get('appid') ?? '';
    const city = cities.find(
      ({ lat, lon }) => lat === Number(query.get('lat')) && lon === Number(query.get('lon')),
    );
    calls.push(city?.name ?? '');
    keys.add(key);
    const steps = scripts.get(city?.name ?? '');
    const step = (steps?.length ?? 0) > 1 ? steps?.shift() : steps?.[0];
    const known = city === undefined ? '400' : (step ?? 'ok');
    answer(key === '' ? '401' : known, { request, response, city, nowMs: nowMs() });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/data/2.5/weather`,
    calls,
    keys,
    script: (city, ...steps) => void scripts.set(city, [...steps]),
    close: () => closeServer(server),
  };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function readCities(): City[] {
  const table = parseCsv(readFileSync(new URL('../../pipelines/cities.csv', import.meta.url), 'utf8')); // prettier-ignore
  if ('problem' in table) throw new Error(`cities.csv: ${table.problem}`);
  return table.rows.map(([name = '', lat, lon]) => ({ name, lat: Number(lat), lon: Number(lon) }));
}

/** The errors' bodies as the real one writes them: `cod` is a number or a text. */
const errors: ReadonlyMap<string, { readonly cod: number | string; readonly message: string }> =
  new Map([
    [
      '401',
      {
        cod: 401,
        message:
          'Invalid API key. Please see https://openweathermap.org/faq#error401 for more info.',
      },
    ],
    ['404', { cod: '404', message: 'city not found' }],
    ['400', { cod: '400', message: 'wrong latitude' }],
    [
      '429',
      {
        cod: 429,
        message:
          'Your account is temporary blocked due to exceeding of requests limitation of your subscription type.',
      },
    ],
    ['500', { cod: 500, message: 'Internal error' }],
  ]);

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly city: City | undefined;
  readonly nowMs: number;
}

function answer(behaviour: Behaviour, { request, response, city, nowMs }: Exchange): void {
  const error = errors.get(behaviour);
  const json = { 'content-type': 'application/json; charset=utf-8' };
  if (error !== undefined) {
    response.writeHead(Number(behaviour), json).end(JSON.stringify(error));
    return;
  }
  const body = JSON.stringify(city === undefined ? {} : weatherOf(city, nowMs));
  switch (behaviour) {
    case 'slow':
      return;
    case 'cut':
      response.writeHead(200, { ...json, 'content-length': body.length });
      response.write(body.slice(0, body.length / 2), () => request.socket.destroy());
      return;
    case 'html':
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end('<!doctype html><title>Maintenance</title>');
      return;
    default:
      response.writeHead(200, json).end(body);
  }
}

/** A reading, invented; a new one every ten minutes, as the real one has it. */
function weatherOf({ name, lat, lon }: City, nowMs: number): unknown {
  const dt = Math.floor(nowMs / 600_000) * 600;
  const temp = Math.round((60 - lat + 4 * Math.sin(dt / 13_750 + lon)) * 100) / 100;
  return {
    coord: { lon, lat },
    weather: [{ id: 803, main: 'Clouds', description: 'broken clouds', icon: '04d' }],
    base: 'stations',
    main: {
      temp,
      feels_like: Math.round((temp - 2.5) * 100) / 100,
      temp_min: temp,
      temp_max: temp,
      pressure: 1015,
      humidity: 70,
    },
    visibility: 10_000,
    wind: { speed: 4.1, deg: 240 },
    clouds: { all: 75 },
    dt,
    sys: { country: 'FR', sunrise: dt - 20_000, sunset: dt + 20_000 },
    timezone: 3600,
    id: Math.round(lat * 10_000),
    name,
    cod: 200,
  };
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    options: { port: { type: 'string', default: '8099' } },
    allowPositionals: true,
  });
  const fake = await openFakeWeather(Number(values.port));
  for (const script of positionals) {
    const [city = '', steps = ''] = script.split('=');
    const known = steps.split(',').filter(isBehaviour);
    if (known.join(',') !== steps) throw new Error(`${script}: use ${behaviours.join(', ')}`);
    fake.script(city, ...known);
  }
  process.stderr.write(`OPENWEATHERMAP_URL=${fake.url} API_KEY=anything (Ctrl-C ends it)\n`);
}
