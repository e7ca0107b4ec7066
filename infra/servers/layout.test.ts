import { describe, expect, test } from 'vitest';
import { jarCacheOf, serverHome } from './layout.ts';

describe('the state directory', () => {
  test('shares its jars with all others below the same .engine', () => {
    expect(jarCacheOf('/p/.engine')).toBe('/p/.engine/jars');
    expect(jarCacheOf('/p/.engine/test')).toBe('/p/.engine/jars');
    expect(jarCacheOf('/p/.engine/a/b')).toBe('/p/.engine/jars');
  });

  test('outside any .engine has jars of its own', () => {
    expect(jarCacheOf('/p/state')).toBe('/p/state/jars');
  });

  test('gives each server places and a mark of its own', () => {
    const kafka = serverHome('/p/.engine', 'kafka');
    const cassandra = serverHome('/p/.engine', 'cassandra');
    const mine = new Set(Object.values(kafka));
    expect(Object.values(cassandra).filter((place) => mine.has(place))).toEqual([]);
    expect(kafka.mark).toBe('-Dengine.server=/p/.engine/servers/kafka');
  });

  test('keeps a lock outside of what a reset removes', () => {
    const { directory, lock } = serverHome('/p/.engine', 'kafka');
    expect(lock.startsWith(`${directory}/`)).toBe(false);
  });
});
