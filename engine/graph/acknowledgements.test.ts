import { describe, expect, it } from 'vitest';
import { Acknowledgements } from './acknowledgements.ts';

const settled = async (promise: Promise<void>): Promise<boolean> => {
  let done = false;
  void promise.then(() => (done = true));
  await Promise.resolve();
  await Promise.resolve();
  return done;
};

describe('Acknowledgements', () => {
  it('settles a cut when the writes begun before it are acknowledged, whatever began later', async () => {
    const acks = new Acknowledgements();
    const first = acks.begin();
    const second = acks.begin();
    const cut = acks.cut();
    const later = acks.begin();
    first();
    expect(await settled(cut)).toBe(false);
    later();
    expect(await settled(cut)).toBe(false);
    second();
    expect(await settled(cut)).toBe(true);
    expect(acks.pending).toBe(0);
  });

  it('settles at once when nothing is under way, and keeps cuts in order', async () => {
    const acks = new Acknowledgements();
    expect(await settled(acks.cut())).toBe(true);
    const old = acks.begin();
    const one = acks.cut();
    const two = acks.cut();
    expect(await settled(two)).toBe(false);
    old();
    expect(await settled(one)).toBe(true);
    expect(await settled(two)).toBe(true);
  });
});
