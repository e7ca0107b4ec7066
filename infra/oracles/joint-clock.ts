/**
 * How far time may have gone for a stage over several sources, straight from the rules T4, T5 and T7:
 * told of everything in the order in which it is merged. Milliseconds.
 */

interface Partition {
  readonly source: number;
  readonly partition: number;
  /** Its own watermark. */
  own: number;
  /** Polled time since its last record. */
  quiet: number;
  /** Idle at its next empty fetch: nothing has come from it in this life. */
  isWaiting: boolean;
  isIdle: boolean;
  hasEnded: boolean;
  /** Polled time since nothing holds the clock back. */
  spare: number;
}

/** The state of a clock, JSON: null stands for the beginning of time. */
export interface JointState {
  readonly watermark: number | null;
  readonly partitions: readonly (Omit<Partition, 'own'> & { readonly own: number | null })[];
}

/** One source of several. */
interface Source {
  readonly outOfOrder: number;
  readonly idle: number;
}

/** The watermark over all partitions of several sources. */
export class JointClock {
  readonly #sources: readonly Source[];
  #partitions: Partition[] = [];
  #watermark = -Infinity;

  constructor(sources: readonly Source[]) {
    this.#sources = sources;
  }

  /** The furthest that it may have come. */
  get watermark(): number {
    return this.#watermark;
  }

  /** Partitions as they are known; those that a source has later start at `floor` (T4). */
  add(source: number, partitions: readonly number[], floor: number): void {
    const isWaiting = this.#partitions.every((each) => each.source !== source);
    const fresh = partitions.filter((each) => this.#find(source, each) === undefined);
    for (const partition of fresh) {
      this.#partitions.push({
        ...{ source, partition, own: floor, quiet: 0, isWaiting },
        ...{ isIdle: false, hasEnded: false, spare: 0 },
      });
    }
  }

  /** Records were merged; `greatest` event time of them. */
  records(source: number, partition: number, greatest: number): void {
    const each = this.#find(source, partition) as Partition;
    Object.assign(each, { quiet: 0, isWaiting: false, isIdle: false });
    each.own = Math.max(each.own, greatest - (this.#sources[source]?.outOfOrder ?? 0));
    this.#advance();
  }

  /** A fetch at the end of a partition brought nothing. */
  empty(source: number, partition: number, polled: number): void {
    const each = this.#find(source, partition) as Partition;
    each.quiet += polled;
    each.spare += polled;
    const isQuiet = each.quiet >= (this.#sources[source]?.idle ?? Infinity);
    if (!each.isIdle && (each.isWaiting || isQuiet)) {
      each.isIdle = true;
      this.#begin();
    }
    this.#advance();
  }

  /** A source has ended. */
  end(source: number): void {
    for (const each of this.#partitions) if (each.source === source) each.hasEnded = true;
    this.#begin();
    this.#advance();
  }

  /** The state. */
  save(): JointState {
    const finite = (t: number): number | null => (Number.isFinite(t) ? t : null);
    return {
      watermark: finite(this.#watermark),
      partitions: this.#partitions.map((each) => ({ ...each, own: finite(each.own) })),
    };
  }

  /** A life later: partitions that were idle have to show it again. */
  restore({ watermark, partitions }: JointState): void {
    this.#watermark = watermark ?? -Infinity;
    this.#partitions = partitions.map((each) => ({
      ...each,
      own: each.own ?? -Infinity,
      isWaiting: each.isWaiting || each.isIdle,
      isIdle: false,
    }));
  }

  #find(source: number, partition: number): Partition | undefined {
    return this.#partitions.find((each) => each.source === source && each.partition === partition);
  }

  get #active(): readonly Partition[] {
    return this.#partitions.filter(({ isIdle, hasEnded }) => !isIdle && !hasEnded);
  }

  /** From here on polled time counts, if nothing holds the clock back any more. */
  #begin(): void {
    if (this.#active.length === 0) for (const each of this.#partitions) each.spare = 0;
  }

  #advance(): void {
    const active = this.#active;
    const open = this.#partitions.filter(({ hasEnded }) => !hasEnded);
    // Which of its partitions a source was polled for is its own affair: the most that it may be.
    const bySource = [...new Set(open.map(({ source }) => source))].map((source) =>
      Math.max(...open.filter((each) => each.source === source).map(({ spare }) => spare)),
    );
    const reached =
      active.length > 0
        ? Math.min(...active.map(({ own }) => own))
        : Math.max(...this.#partitions.map(({ own }) => own)) + Math.min(...bySource);
    if (!Number.isNaN(reached)) this.#watermark = Math.max(this.#watermark, reached);
  }
}
