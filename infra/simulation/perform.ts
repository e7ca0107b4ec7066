/** Performs one schedule, heals everything, and lets the pipeline come to its end. */
import { randomOf } from '../../engine/core/random.ts';
import { type StreamHistory, isSilent, stagesLeftOpen } from '../oracles/stream.ts';
import { Durable } from './durable.ts';
import { missingEarly } from './early.ts';
import { Life, type Setting } from './life.ts';
import { pipelines, planOf } from './pipelines.ts';
import { rebalance } from './rebalance.ts';
import type { Command, Schedule } from './schedule.ts';
import { Topic } from './topic.ts';
import { Writer } from './writer.ts';

/** How a schedule ended. */
export interface Performance {
  readonly durable: Durable;
  readonly life: Life;
  readonly lives: number;
  /** For the oracle. */
  readonly history: StreamHistory;
}

/** More than any schedule needs after it has been healed. */
const MOST_STEPS = 4000;
/** Virtual time that passes at once when nothing else happens. */
const PAUSE_MS = 12_000;

/** How fast actors are, in relation to each other. */
const PACES = [1, 1, 1, 0.3, 0.03];

/** The course of one schedule. */
class Course {
  readonly setting: Setting & {
    readonly stuck: Set<string>;
    readonly broken: Set<string>;
    readonly pace: Map<string, number>;
  };
  life: Life;
  lives = 1;
  readonly #schedule: Schedule;
  readonly #actors: readonly string[];
  readonly #writer: Writer;

  constructor(schedule: Schedule) {
    const { workers, budgetBytes, framing } = schedule;
    const pipeline = pipelines[schedule.pipeline];
    const plan = planOf(pipeline, framing);
    this.#schedule = schedule;
    const topics = pipeline.rules.sources.map(({ name }, i) => {
      // Another number of partitions for the second topic.
      const partitions = i === 0 ? schedule.partitions : 1 + (schedule.partitions % 2);
      return new Topic(name, partitions, framing);
    });
    this.#actors = [
      ...pipeline.sinks.map(({ name }) => name),
      'letters',
      'disk',
      'reread',
      ...topics.map(({ name }) => `source ${name}`),
    ];
    this.setting = {
      ...{ pipeline, plan, workers, budgetBytes },
      durable: new Durable(topics),
      random: randomOf(schedule.seed),
      clock: { nowMs: 0 },
      broken: new Set<string>(),
      stuck: new Set<string>(),
      pace: new Map<string, number>(),
    };
    for (const actor of [...this.#actors, 'worker']) {
      const pace = PACES[Math.floor(this.setting.random() * PACES.length)] as number;
      this.setting.pace.set(actor, pace);
    }
    this.#writer = new Writer(this.setting.durable);
    for (const each of schedule.before) this.#writer.writeBefore(each);
    this.life = new Life(this.setting);
  }

  /** What the logs do not tell of it. */
  get history(): StreamHistory {
    const { closings, floors } = this.life.witness;
    const starts = this.setting.durable.topics.map((topic) => topic.starts);
    return { closings, floors, starts, hasEnded: this.#schedule.isBounded };
  }

  async perform(): Promise<void> {
    await this.life.start();
    for (const command of this.#schedule.commands) await this.#do(command);
    this.setting.broken.clear();
    this.setting.stuck.clear();
    this.setting.pace.clear();
    for (const group of this.setting.durable.groups) group.giveBack();
    await this.#revive();
    if (this.#schedule.isBounded) await this.#readToEnd();
    else await this.#fallIdle();
    await this.#leave(this.#schedule.isBounded);
  }

  async #do(command: Command): Promise<void> {
    switch (command.do) {
      case 'produce':
        this.#writer.write(command);
        return;
      case 'work':
        for (let i = 0; i < command.steps; i++) {
          await this.life.step();
          await this.#revive();
        }
        return;
      case 'wait':
        await this.life.wait(command.seconds * 1000);
        await this.#revive();
        return;
      case 'checkpoint':
        this.life.tick();
        return;
      case 'turn':
        this.#turn(command);
        return;
      case 'kill':
        this.life.pool.kill(command.worker);
        return;
      case 'grow':
        this.#writer.grow(command.topic);
        for (const broker of this.life.brokers) broker.lookForPartitions();
        return;
      case 'rebalance':
        rebalance(command, { ...this.setting, brokers: this.life.brokers });
        return;
      case 'stop':
        await this.#stop(command);
        return;
      case 'crash':
        // Rows of what idleness closed have left: without its snapshot they cannot be right.
        if (command.corrupts && this.life.witness.closings.length === 0)
          this.setting.durable.corrupt();
        await this.#restart();
    }
  }

  #turn({ actor, into }: Command & { do: 'turn' }): void {
    const { broken, stuck } = this.setting;
    const name = this.#actors[actor % this.#actors.length] as string;
    broken.delete(name);
    stuck.delete(name);
    if (into !== 'well') (into === 'stuck' ? stuck : broken).add(name);
  }

  async #restart(): Promise<void> {
    this.life.crash();
    this.life = new Life(this.setting);
    this.lives++;
    await this.life.start();
  }

  /** A run that failed is started again; what made it fail may fail it again. */
  async #revive(): Promise<void> {
    const { failure } = this.life;
    if (failure === null) return;
    const text = failure.error instanceof Error ? failure.error.message : '';
    // Whatever else ends a run is a bug.
    if (!text.endsWith(' is broken')) throw failure.error;
    await this.#restart();
  }

  /** Drains and leaves; if that gets stuck, somebody kills it. */
  async #stop({ provisional }: Command & { do: 'stop' }): Promise<void> {
    const { life } = this;
    life.stop();
    for (let i = 0; i < 60 && !life.isComplete && life.failure === null; i++) await life.step();
    if (life.isComplete) {
      const last = life.lastSnapshot(false);
      for (let i = 0; i < 20 && !last.isTaken && life.failure === null; i++) await life.step();
      if (last.isTaken && provisional) {
        const writing = life.writeProvisional();
        for (let i = 0; i < 20 && !writing.isWritten && life.failure === null; i++)
          await life.step();
      }
    }
    await this.#restart();
  }

  async #readToEnd(): Promise<void> {
    const { life } = this;
    for (let i = 0; !life.isComplete; i++) {
      this.#expectProgress(i);
      for (const broker of life.brokers) {
        // The end may come while much is still on its way.
        const isLast = broker.isRead && (!life.isBusy || this.setting.random() < 0.3);
        if (isLast && !broker.hasEnded) broker.end();
      }
      await life.step();
    }
  }

  /** Until everything is merged and, for want of more, every window has closed. */
  async #fallIdle(): Promise<void> {
    const { life } = this;
    let pauses = 0;
    for (let i = 0; !this.#isDone(); i++) {
      this.#expectProgress(i);
      if (life.isBusy) {
        await life.step();
        continue;
      }
      if (life.isMerged) pauses++;
      if (pauses === 2) {
        const { pipeline, durable } = this.setting;
        durable.breaches.push(...missingEarly(pipeline, durable, this.history));
      }
      await life.wait(PAUSE_MS);
    }
    life.stop();
  }

  #isDone(): boolean {
    const { life } = this;
    const { pipeline, durable } = this.setting;
    const isHeld = durable.topics.some(({ logs, starts }) => isSilent(logs, starts));
    const mayStayOpen = stagesLeftOpen(pipeline.rules, isHeld);
    return (
      !life.isBusy &&
      life.isMerged &&
      life.parts.windows.every(
        ({ node, store }) => mayStayOpen.has(node.name) || store.openGroups().groups === 0,
      )
    );
  }

  async #leave(finished: boolean): Promise<void> {
    const { life } = this;
    for (let i = 0; !life.isComplete; i++) {
      this.#expectProgress(i);
      await life.step();
    }
    const last = life.lastSnapshot(finished);
    for (let i = 0; !last.isTaken; i++) {
      this.#expectProgress(i);
      await life.step();
    }
  }

  #expectProgress(steps: number): void {
    const { failure } = this.life;
    if (failure !== null) throw failure.error;
    if (steps > MOST_STEPS) throw new Error('the run does not come to its end');
  }
}

/** Performs a schedule. Throws what no schedule may lead to: a bug of the engine, or no end. */
export async function perform(schedule: Schedule): Promise<Performance> {
  const course = new Course(schedule);
  await course.perform();
  const { life, lives, setting, history } = course;
  return { durable: setting.durable, life, lives, history };
}
