import { describe, expect, it } from 'vitest';
import { buildEvents, eventText, fillUrl, missingColumns } from './event.ts';
import type { Row } from './rows.ts';

const row: Row = {
  name: 'Saint-Étienne',
  cells: new Map([
    ['city', 'Saint-Étienne'],
    ['lat', '45.4397'],
    ['lon', '-0.5'],
    ['code', '007'],
  ]),
};

describe('fillUrl', () => {
  it('encodes what it fills in', () => {
    const url = 'https://h/w?q={city}&lat={lat}&units={unit}&appid={API_KEY}';
    expect(fillUrl(url, { row, unit: 'metric' }, new Map([['API_KEY', 'a&b']]))).toBe(
      'https://h/w?q=Saint-%C3%89tienne&lat=45.4397&units=metric&appid=a%26b',
    );
  });
});

describe('missingColumns', () => {
  it('finds placeholders that a row cannot fill', () => {
    expect(missingColumns(['{lat}{latitude}', '{now:yyyy}{unit}{API_KEY}'], row)).toEqual([
      'latitude',
    ]);
  });
});

describe('buildEvents', () => {
  const body = { main: { temp: 9.91, list: [1, 2] }, dt: 5, __proto__: null };
  // In the night clocks are put forward, half an hour before and after.
  const at = (iso: string) => ({ row, unit: 'metric', atMs: Date.parse(iso) });
  const text = (select: readonly (readonly [string, string])[], iso = '2024-03-31T00:30:00Z') =>
    eventText(buildEvents(select, 'Europe/Paris')(body, at(iso)));

  it('takes places of the answer, columns, and numbers as numbers', () => {
    const select = [
      ['city', '{city}'],
      ['lat', '{lat}'],
      ['lon', '{lon}'],
      ['code', '{code}'],
      ['t', 'main.temp'],
      ['second', 'main.list.1'],
      ['where', '{city} ({unit})'],
    ] as const;
    expect(text(select)).toBe(
      '{"city":"Saint-Étienne","lat":45.4397,"lon":-0.5,"code":"007","t":9.91,"second":2,"where":"Saint-Étienne (metric)"}',
    );
  });

  it('gives null for what is not there, the properties of objects included', () => {
    const select = [
      ['a', 'main.humidity'],
      ['b', 'main.temp.x'],
      ['c', 'constructor.name'],
    ] as const;
    expect(text(select)).toBe('{"a":null,"b":null,"c":null}');
  });

  it('stamps with the local time of asking', () => {
    const select = [['date', '{now:yyyy-MM-dd HH:mm:ss}']] as const;
    expect(text(select)).toBe('{"date":"2024-03-31 01:30:00"}');
    expect(text(select, '2024-03-31T01:30:00Z')).toBe('{"date":"2024-03-31 03:30:00"}');
  });

  it('leaves the answer as it is without a selection', () => {
    expect(eventText(buildEvents(null, 'UTC')({ a: [1] }, at('2024-03-31T00:30:00Z')))).toBe(
      '{"a":[1]}',
    );
  });
});
