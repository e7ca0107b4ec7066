/** Lives over one world, one after the other, until the last comes to its end. */
import fc from 'fast-check';
import type { Log } from '../graph/scenario.fixture.ts';
import type { Durable } from './crash-durable.fixture.ts';
import { type Broker, Life } from './crash-world.fixture.ts';

/** How lives go. */
export interface Course {
  /** Steps after which lives crash; the last life is not one of them. */
  readonly crashes: readonly number[];
  readonly random: () => number;
  /** Before every step. */
  readonly meanwhile?: () => void;
  /** When the last life is told to stop. */
  readonly until?: (life: Life) => boolean;
}

const MOST_STEPS = 5000;

/** Runs lives over one world until the last comes to its end. */
export async function live(durable: Durable, broker: Broker, course: Course): Promise<Life> {
  const { random, meanwhile, until } = course;
  for (const steps of [...course.crashes, MOST_STEPS]) {
    const life = new Life(durable, broker, random);
    life.start();
    for (let i = 0; i < steps && !life.ended; i++) {
      if (steps === MOST_STEPS && until?.(life) === true) life.stop();
      meanwhile?.();
      if (random() < 0.1) life.tick();
      await life.step();
    }
    if (steps === MOST_STEPS && life.ended) return life;
    life.crash();
  }
  throw new Error('the run does not come to an end');
}

/** Steps after which lives crash: up to four of them. */
export const crashes = fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 4 });

/** Records of each log. */
export const lengths = (logs: readonly Log[]): number[] => logs.map((log) => log.length);

/** Now and then a record is written to a log. */
export function produce({ logs, visible }: Broker, random: () => number): void {
  const partition = Math.floor(random() * logs.length * 3);
  const log = logs[partition];
  if (log !== undefined && (visible[partition] as number) < log.length) {
    visible[partition] = (visible[partition] as number) + 1;
  }
}

/** Whether everything is read and no window is open. */
export const isAllClosed = ({ sources, windows }: Life['parts'], logs: readonly Log[]): boolean =>
  logs.every(({ length }, p) => (sources[0]?.positions.get(p)?.nextOffset ?? 0) === length) &&
  windows.every(({ store }) => store.openGroups().groups === 0);
