import { describe, expect, test } from 'vitest';
import { EngineError } from '../../engine/errors.ts';
import { chooseJava, type Java, parseJavaSettings } from './java.ts';

const java = (major: number): Java => ({
  path: `/j/${major}/bin/java`,
  major,
  home: `/j/${major}`,
});

describe('java', () => {
  test('is read from what it says of itself, old numbering too', () => {
    const said = (version: string): string =>
      `Property settings:\n    java.home = /opt/my java\n    java.specification.version = ${version}\n`;
    expect(parseJavaSettings(said('17'))).toEqual({ major: 17, home: '/opt/my java' });
    expect(parseJavaSettings(said('1.8'))).toEqual({ major: 8, home: '/opt/my java' });
    expect(parseJavaSettings('Unable to locate a Java Runtime')).toBeUndefined();
  });

  test('is chosen by the order of what the server wants, not of what was found', () => {
    expect(chooseJava('Cassandra 5', [17, 11], [java(21), java(11), java(17)]).major).toBe(17);
    expect(chooseJava('Cassandra 5', [17, 11], [java(21), java(11)]).major).toBe(11);
  });

  test('alternatives are listed as people do', () => {
    expect(() => chooseJava('Kafka', [17, 21, 11], [])).toThrow('Java 17, 21 or 11');
  });

  test('missing is said plainly, with what to install', () => {
    expect(() => chooseJava('Cassandra 5', [17, 11], [])).toThrow(
      /Cassandra 5 runs on Java 17 or 11, and no Java was found: install Java 17/,
    );
  });

  test('of another version is said plainly, with what was found', () => {
    expect(() => chooseJava('Cassandra 5', [17, 11], [java(21), java(8)])).toThrow(
      /and only Java 21 \(\/j\/21\), Java 8 \(\/j\/8\) was found: install Java 17/,
    );
    expect(() => chooseJava('Cassandra 5', [17, 11], [java(21)])).toThrow(EngineError);
  });
});
