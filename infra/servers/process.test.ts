import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { carriesMark } from './process.ts';

const mark = '-Dengine.server=/home/me/my project/.engine/servers/kafka';

describe('the mark on a command line', () => {
  test('is found as a whole argument, blanks in it or not', () => {
    expect(carriesMark(`java\0-Xmx512m\0${mark}\0kafka.Kafka\0`, mark)).toBe(true);
    expect(carriesMark(`java -Xmx512m ${mark} kafka.Kafka\n`, mark)).toBe(true);
  });

  test('is not found in a longer path, in a mention, or on no command line', () => {
    expect(carriesMark(`java\0${mark}-2\0`, mark)).toBe(false);
    expect(carriesMark(`java ${mark}-2 x`, mark)).toBe(false);
    expect(carriesMark(`sh\0-c\0java ${mark} kafka.Kafka\0`, mark)).toBe(false);
    expect(carriesMark('', mark)).toBe(false);
  });

  test('is one of the arguments, whatever the others are', () => {
    const args = fc.array(
      fc.string({ minLength: 1 }).filter((arg) => !arg.includes('\0')),
      {
        minLength: 1,
      },
    );
    fc.assert(
      fc.property(args, fc.string({ minLength: 1 }), (all, wanted) => {
        const line = `${all.join('\0')}\0`;
        expect(carriesMark(line, wanted)).toBe(all.includes(wanted));
      }),
    );
  });
});
