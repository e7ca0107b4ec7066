import { describe, expect, it } from 'vitest';
import { memoryBudget, neededBytes } from './memory.ts';

const MIB = 2 ** 20;
const limits = { memoryBytes: 512 * MIB, keys: 1 };

describe('the memory a run may take', () => {
  it('is the limit of its definition, where there is no container', () => {
    expect(memoryBudget({ limits }, 0)).toBe(512 * MIB);
    expect(memoryBudget({ limits }, 2 ** 64)).toBe(512 * MIB);
  });

  it('is that of a smaller container', () => {
    expect(memoryBudget({ limits }, 200 * MIB)).toBe(200 * MIB);
  });
});

describe('the memory a run needs', () => {
  it('is what is resident while that is below the limit', () => {
    const near = process.memoryUsage().rss;
    expect(Math.abs(neededBytes(Infinity) - near)).toBeLessThan(64 * MIB);
  });

  it('is without garbage above it', () => {
    let garbage: unknown = Array.from({ length: 2_000_000 }, (_, index) => ({ index }));
    const full = process.memoryUsage().heapUsed;
    garbage = null;
    expect(garbage).toBeNull();
    neededBytes(1);
    expect(process.memoryUsage().heapUsed).toBeLessThan(full - 30 * MIB);
  });
});
