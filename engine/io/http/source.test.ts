import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Subscription } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeWeather, openFakeWeather } from '../../../infra/fake/openweathermap.ts';
import type { ResumePoint, SourceEvent, SourcePort } from '../../graph/ports.ts';
import type { SourceNode } from '../../plan/planner.ts';
import { framesIn, recordsOf } from '../source-contract.suite.ts';
import { ManualClock } from './clock.fixture.ts';
import { type HttpPollConfig, httpPollSource } from './source.ts';

const KEY = 'sesame-sesame-0123456789';
const START = Date.UTC(2024, 2, 28, 22, 20, 19);

/** Polls the fake of the API over loopback, by a clock that the test moves. */
class Poll {
  readonly events: SourceEvent[] = [];
  readonly port: SourcePort;
  error: unknown = null;
  readonly #subscription: Subscription;

  constructor(port: SourcePort, memory?: unknown, start = new Map<number, ResumePoint>()) {
    this.port = port;
    if (memory !== undefined) port.restore?.(memory);
    this.#subscription = port.open(start).subscribe({
      next: (event) => void this.events.push(event),
      error: (error: unknown) => (this.error = error),
    });
  }

  get readings(): Record<string, unknown>[] {
    return framesIn(this.events)
      .flatMap((frame) => recordsOf(frame, 'lines').get(0) ?? [])
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  get cities(): unknown[] {
    return this.readings.map(({ city }) => city);
  }

  get notices(): string[] {
    return this.events.flatMap((event) => (event.kind === 'notice' ? [event.text] : []));
  }

  get rounds(): number {
    return this.events.filter(({ kind }) => kind === 'empty').length;
  }

  async until(isTrue: () => boolean): Promise<void> {
    for (let turns = 0; !isTrue() && this.error === null; turns++) {
      if (turns > MOST_TURNS) throw new Error(`nothing comes: ${JSON.stringify(this.events)}`);
      await turn();
    }
  }

  close(): void {
    this.#subscription.unsubscribe();
  }
}

/** Of the event loop, each of which looks at the sockets. */
const MOST_TURNS = 200_000;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('http_poll', () => {
  let fake: FakeWeather;
  let directory: string;
  let clock: ManualClock;
  const polls: Poll[] = [];

  beforeEach(async () => {
    clock = new ManualClock(START);
    fake = await openFakeWeather(0, () => clock.now());
    directory = mkdtempSync(join(tmpdir(), 'http-poll-'));
    writeFileSync(
      join(directory, 'cities.csv'),
      'city,lat,lon\nParis,48.8566,2.3522\nLille,50.6292,3.0573\nBrest,48.3904,-4.4861\n',
    );
  });

  afterEach(async () => {
    for (const poll of polls.splice(0)) poll.close();
    await fake.close();
    rmSync(directory, { recursive: true });
  });

  function source(change: Partial<HttpPollConfig> = {}): SourcePort {
    const config: HttpPollConfig = {
      url: `${fake.url}?lat={lat}&lon={lon}&units={unit}&appid={API_KEY}`,
      forEach: 'cities.csv',
      unit: 'metric',
      pauseMs: 2000,
      rate: { count: 1000, perMs: 1000 },
      timeoutMs: 10_000,
      retry: { firstMs: 2000, longestMs: 300_000 },
      select: [
        ['date', '{now:yyyy-MM-dd HH:mm:ss}'],
        ['city', '{city}'],
        ['lon', '{lon}'],
        ['lat', '{lat}'],
        ['temperature', 'main.temp'],
        ['feels_like', 'main.feels_like'],
        ['dt', 'dt'],
      ],
      oncePer: null,
      variables: { API_KEY: KEY },
      timezone: 'Europe/Paris',
      ...change,
    };
    const connector = { kind: 'http_poll', config, connection: null };
    const { signal } = new AbortController();
    const context = { pipeline: 'test', signal, onNotice: () => undefined };
    const node = { name: 'readings', connector } as SourceNode;
    return httpPollSource(node, context, directory, { clock, random: () => 0 });
  }

  function open(change: Partial<HttpPollConfig> = {}, memory?: unknown): Poll {
    const poll = new Poll(source(change), memory);
    polls.push(poll);
    return poll;
  }

  async function round(poll: Poll, afterMs = 2000): Promise<void> {
    const { rounds } = poll;
    await poll.until(() => clock.waiting > 0);
    clock.advance(afterMs);
    await poll.until(() => poll.rounds > rounds);
  }

  it('asks for every row and gives events in the shape that was selected', async () => {
    const poll = open();
    await poll.until(() => poll.rounds === 1);
    expect(poll.cities.toSorted()).toEqual(['Brest', 'Lille', 'Paris']);
    const paris = poll.readings.find(({ city }) => city === 'Paris');
    expect(Object.keys(paris ?? {})).toEqual(
      ['date', 'city', 'lon', 'lat', 'temperature', 'feels_like', 'dt'], // prettier-ignore
    );
    expect(paris).toMatchObject({ date: '2024-03-28 23:20:19', lon: 2.3522, lat: 48.8566 });
    expect(paris?.['dt']).toBe(Math.floor(START / 600_000) * 600);
    expect([...fake.keys]).toEqual([KEY]);
  });

  it('pauses between rounds', async () => {
    const poll = open();
    await poll.until(() => poll.rounds === 1);
    await poll.until(() => clock.waiting > 0);
    clock.advance(1999);
    for (let i = 0; i < 20; i++) await turn();
    expect(fake.calls).toHaveLength(3);
    await round(poll, 1);
    expect(fake.calls).toHaveLength(6);
  });

  it('keeps to the rate', async () => {
    const poll = open({ rate: { count: 2, perMs: 60_000 } });
    await poll.until(() => poll.readings.length === 2);
    for (let i = 0; i < 20; i++) await turn();
    expect(fake.calls).toHaveLength(2);
    await round(poll, 60_000);
    expect(fake.calls).toHaveLength(3);
  });

  it.each([
    ['500', /^Lille: HTTP 500 \(Internal error\); asked again in 1 s$/, 1000],
    ['429', /^Lille: HTTP 429 \(Your account.*\); asked again in 60 s$/, 60_000],
    ['401', /^Lille: HTTP 401 \(Invalid API key.*\); asked again in 60 s: is the key/, 60_000],
    ['cut', /^Lille: the connection was cut off; asked again in 1 s$/, 1000],
    ['html', /^Lille: HTTP 200 with a page of HTML instead of JSON; asked again/, 1000],
  ] as const)(
    '%s of one city: it waits and comes back, the others go on',
    async (wrong, text, waitMs) => {
      // prettier-ignore
      fake.script('Lille', wrong, 'ok');
      const poll = open({ pauseMs: 500 });
      await poll.until(() => poll.rounds === 1);
      expect(poll.cities.toSorted()).toEqual(['Brest', 'Paris']);
      expect(poll.notices).toEqual([expect.stringMatching(text)]);
      await round(poll, 500);
      expect(poll.cities.toSorted()).toEqual(['Brest', 'Brest', 'Paris', 'Paris']);
      await round(poll, waitMs - 500);
      expect(poll.cities).toContain('Lille');
      expect(poll.notices.at(-1)).toBe('Lille answers again');
    },
  );

  it.each(['404', '400'] as const)('%s drops the city, loudly, and only it', async (wrong) => {
    fake.script('Lille', wrong);
    const poll = open();
    await poll.until(() => poll.rounds === 1);
    await round(poll, 3_600_000);
    expect(poll.notices).toEqual([expect.stringMatching(/^Lille: HTTP 40\d .*not asked any more/)]);
    expect(fake.calls.filter((city) => city === 'Lille')).toHaveLength(1);
    expect(poll.cities).toHaveLength(4);
  });

  it('ends the run when the API wants to know of no row', async () => {
    for (const city of ['Paris', 'Lille', 'Brest']) fake.script(city, '404');
    const poll = open();
    await poll.until(() => false);
    expect(poll.error).toMatchObject({ code: 'ENG_HTTP_FAILED' });
  });

  it('a city that does not answer in time is left, the others are not', async () => {
    fake.script('Lille', 'slow', 'ok');
    const poll = open();
    await poll.until(() => poll.readings.length === 2 && fake.calls.length === 3);
    await round(poll, 10_000);
    expect(poll.notices).toEqual(['Lille: no answer in 10000 ms; asked again in 1 s']);
    await round(poll);
    expect(poll.cities).toContain('Lille');
  });

  it('a key that is refused everywhere makes all wait a minute, and goes on then', async () => {
    for (const city of ['Paris', 'Lille', 'Brest']) fake.script(city, '401', 'ok');
    const poll = open();
    await poll.until(() => poll.rounds === 1);
    expect(poll.notices.at(-1)).toMatch(/3 refusals in a row/);
    await poll.until(() => clock.waiting > 0);
    clock.advance(59_999);
    for (let i = 0; i < 20; i++) await turn();
    expect(fake.calls).toHaveLength(3);
    await round(poll, 1);
    expect(poll.cities).toHaveLength(3);
  });

  it('an API that is not there is waited for, and its address is not told', async () => {
    await fake.close();
    const poll = open();
    await poll.until(() => poll.rounds === 1);
    expect(poll.notices).toHaveLength(3);
    for (const text of poll.notices) expect(text).toMatch(/: ECONNREFUSED; asked again in 1 s$/);
  });

  it('gives the same offsets to no two events, over restarts that lose the last ones too', async () => {
    const first = open();
    await first.until(() => first.rounds === 1);
    const used = framesIn(first.events).map(({ slices }) => slices[0]?.firstOffset);
    expect(used).toEqual([START, START + 1, START + 2]);
    clock.advance(2000);
    const lost = new Map([[0, { nextOffset: START + 1, lastBatch: null }]]);
    const second = new Poll(source(), undefined, lost);
    polls.push(second);
    await second.until(() => second.rounds === 1);
    expect(second.events[0]).toMatchObject({ starts: new Map([[0, START + 2000]]) });
  });

  it('R9: with once_per an event comes once a version, also after a restart', async () => {
    const poll = open({ oncePer: 'dt' });
    await poll.until(() => poll.rounds === 1);
    await round(poll);
    expect(poll.readings).toHaveLength(3);
    const position = new Map([[0, { nextOffset: START + 2, lastBatch: null }]]);
    const memory: unknown = JSON.parse(JSON.stringify(poll.port.memory?.(position)));
    poll.close();
    const again = open({ oncePer: 'dt' }, memory);
    await again.until(() => again.rounds === 1);
    // The third was not in the snapshot yet.
    expect(again.cities).toEqual([poll.cities[2]]);
    await round(again, 600_000);
    expect(again.readings).toHaveLength(4);
  });

  it('reads again what no snapshot holds yet', async () => {
    const poll = open();
    await poll.until(() => poll.rounds === 1);
    const frame = await poll.port.reread(0, START + 1, START + 3);
    const lines = recordsOf(frame, 'lines').get(0) ?? [];
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(poll.readings.slice(1));
    expect(frame.slices).toMatchObject([{ firstOffset: START + 1, nextOffset: START + 3 }]);
    await poll.port.commit(new Map([[0, START + 3]]));
    expect((await poll.port.reread(0, START, START + 3)).buffer.byteLength).toBe(0);
  });

  it('asks nothing while it is paused', async () => {
    const poll = open();
    poll.port.pause();
    for (let i = 0; i < 50; i++) await turn();
    expect(fake.calls).toEqual([]);
    poll.port.resume();
    await poll.until(() => poll.rounds === 1);
    expect(poll.readings).toHaveLength(3);
  });

  it('its end is that of a round', async () => {
    const poll = open();
    expect(await poll.port.ends()).toEqual(new Map([[0, START + 3]]));
  });

  it('says nothing more when nobody listens, in the middle of a request', async () => {
    fake.script('Lille', 'slow');
    const poll = open();
    await poll.until(() => fake.calls.length === 3);
    poll.close();
    const { length } = poll.events;
    for (let i = 0; i < 20; i++) await turn();
    expect(poll.events).toHaveLength(length);
  });

  it('does not say the key, whatever comes', async () => {
    for (const [city, ...steps] of [
      ['Paris', '401', '429', '500'],
      ['Lille', 'cut', 'html'],
      ['Brest', '404'],
    ] as const)
      // prettier-ignore
      fake.script(city, ...steps);
    const echo = `${fake.url}?lat={lat}&lon={lon}&appid={API_KEY}`;
    const poll = open({ url: echo, select: null, retry: { firstMs: 1, longestMs: 1 } });
    await poll.until(() => poll.rounds === 1);
    for (let i = 0; i < 4; i++) await round(poll, 120_000);
    expect(JSON.stringify([poll.events, poll.readings, poll.port.memory?.(new Map())])).not.toContain(KEY); // prettier-ignore
    expect(poll.notices.length).toBeGreaterThan(4);
  });

  it('stops before it begins when there is no key, and says what to do', () => {
    expect(() => source({ variables: { API_KEY: null } })).toThrow(
      /API_KEY is not set: write API_KEY=… into \.env .*--simulate/,
    );
  });

  it.each([
    ['nowhere.csv', 'cannot read the rows of nowhere.csv: there is no such file'],
    ['empty.csv', 'cannot read the rows of empty.csv: it has no rows'],
    ['twice.csv', 'cannot read the rows of twice.csv: Brest is in it twice (the first column names the row)'], // prettier-ignore
    ['other.csv', 'other.csv has no column `lat`'],
  ])('%s cannot be asked for', async (file, message) => {
    writeFileSync(join(directory, 'empty.csv'), 'city,lat,lon\n');
    writeFileSync(join(directory, 'twice.csv'), 'city,lat,lon\nBrest,1,2\nBrest,1,2\n');
    writeFileSync(join(directory, 'other.csv'), 'city,latitude,lon\nBrest,1,2\n');
    const poll = open({ forEach: file });
    await poll.until(() => false);
    expect(poll.error).toMatchObject({ code: 'ENG_FILE_READ', message });
  });
});
