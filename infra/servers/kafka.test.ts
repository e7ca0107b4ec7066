import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { kafka, makeClusterId, renderKafkaProperties } from './kafka.ts';

const properties = (text: string): Map<string, string> =>
  new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const at = line.indexOf('=');
        return [line.slice(0, at), line.slice(at + 1)] as const;
      }),
  );

const rendered = properties(
  renderKafkaProperties('/my data/kafka', { client: 9092, inner: 21_000 }),
);

describe('Kafka’s configuration', () => {
  test('listens on loopback only, for clients and for the controller', () => {
    expect(rendered.get('listeners')).toBe(
      'PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:21000',
    );
    expect(rendered.get('advertised.listeners')).toBe('PLAINTEXT://127.0.0.1:9092');
    expect(rendered.get('controller.quorum.voters')).toBe('1@127.0.0.1:21000');
  });

  test('keeps its data where it is told, blanks and backslashes included', () => {
    expect(rendered.get('log.dirs')).toBe('/my data/kafka');
    expect(renderKafkaProperties('a\\b', { client: 1, inner: 2 })).toContain('log.dirs=a\\\\b\n');
  });

  test('replicates nothing, makes no topics by itself, and says each thing once', () => {
    const text = renderKafkaProperties('/d', { client: 1, inner: 2 });
    const factors = text.match(/^.*replication[.]factor=.*$/gm) ?? [];
    expect(factors.length).toBeGreaterThan(2);
    expect(factors.every((line) => line.endsWith('=1'))).toBe(true);
    expect(rendered.get('auto.create.topics.enable')).toBe('false');
    expect(text.match(/^[a-z].*=/gm)).toHaveLength(rendered.size);
  });

  test('leaves retention and the sizes of messages at Kafka’s defaults', () => {
    const own = [...rendered.keys()].filter((key) => /retention|message|flush/.test(key));
    expect(own).toEqual([]);
  });

  test('has cluster ids that no command line takes for an option', () => {
    const draws = [Buffer.alloc(16, 0xfb), Buffer.alloc(16, 1)];
    expect(makeClusterId(() => draws.shift() ?? Buffer.alloc(16))).toBe('AQEBAQEBAQEBAQEBAQEBAQ');
    expect(makeClusterId()).toMatch(/^[\w][\w-]{21}$/);
  });

  test('names the version its pom fetches', () => {
    expect(readFileSync(kafka.pom, 'utf8')).toContain(`<version>${kafka.version}</version>`);
    expect(kafka.title).toBe(`Kafka ${kafka.version}`);
  });
});
