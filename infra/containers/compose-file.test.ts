import { describe, expect, it } from 'vitest';
import { bytesOf, readService } from './compose-file.ts';

describe('the compose file', () => {
  it('names official images, unless the environment names others', () => {
    expect(readService('kafka', {}).image).toBe('apache/kafka:3.9.1');
    expect(readService('kafka', { KAFKA_IMAGE: 'mine:1' }).image).toBe('mine:1');
    expect(readService('kafka', { KAFKA_IMAGE: '' }).image).toBe('apache/kafka:3.9.1');
  });

  it('advertises the port that is asked for', () => {
    const { environment } = readService('kafka', { KAFKA_PORT: '23456' });
    expect(environment['KAFKA_ADVERTISED_LISTENERS']).toContain('HOST://127.0.0.1:23456');
  });

  it('has probes that a shell can run', () => {
    const { test } = readService('cassandra', {}).healthcheck;
    expect(test.slice(0, 5)).toEqual(['CMD', 'timeout', '3', 'bash', '-c']);
    expect(test.at(-1)).toContain('[ "$(head -c 9');
  });

  it('limits everything that runs at once to 1.5 GB', () => {
    const names = ['kafka', 'cassandra', 'producer', 'weather', 'batch', 'serving'];
    const limits = names.map((name) => bytesOf(readService(name, {}).mem_limit));
    const sum = limits.reduce((total, limit) => total + limit, 0);
    expect(sum).toBeGreaterThan(0);
    expect(sum).toBeLessThanOrEqual(1.5 * 2 ** 30);
  });
});
