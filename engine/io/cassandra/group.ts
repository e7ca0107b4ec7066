/**
 * Which rows share a request. Rows of one partition go together, whatever windows and batches they
 * come from; what is small may be bundled with other partitions where that costs nothing (one node).
 * Order between requests does not matter: every row carries its own rising write timestamp.
 */

/** Rows of one request: `rows[i]` is a row of `owners[i]`. */
export interface Group<Owner> {
  readonly owners: Owner[];
  readonly rows: number[];
  /** Estimated size of the request. */
  bytes: number;
  /** How many partitions it may touch. */
  partitions: number;
}

/** Limits of a request. `bundle*` bind when it holds more than one partition. */
export interface GroupLimits {
  readonly rows: number;
  readonly bytes: number;
  readonly bundlePartitions: number;
  readonly bundleBytes: number;
}

/**
 * 100 rows and 16 KiB; the server warns about batches above 10 partitions or 5 KiB (the latter only
 * across partitions), so bundles stay below both.
 */
export const GROUP_LIMITS: GroupLimits = {
  rows: 100,
  bytes: 16_384,
  bundlePartitions: 10,
  bundleBytes: 4_608,
};

function empty<Owner>(): Group<Owner> {
  return { owners: [], rows: [], bytes: 0, partitions: 1 };
}

/** Rows that wait for company. O(1) per row. */
export class Waiting<Owner> {
  readonly #limits: GroupLimits;
  readonly #byKey = new Map<string, Group<Owner>>();
  #loose: Group<Owner> = empty();
  #full: Group<Owner>[] = [];

  constructor(limits: GroupLimits) {
    this.#limits = limits;
  }

  /** True when no row waits. */
  get isEmpty(): boolean {
    return this.#full.length === 0 && this.#byKey.size === 0 && this.#loose.rows.length === 0;
  }

  /** Adds a row of the partition `key` (equal for equal partitions); null: a partition of its own. */
  add(key: string | null, owner: Owner, row: number, bytes: number): void {
    const { rows, bytes: maxBytes, bundlePartitions, bundleBytes } = this.#limits;
    let group = key === null ? this.#loose : this.#byKey.get(key);
    const cap = key === null ? bundleBytes : maxBytes;
    const most = key === null ? Math.min(bundlePartitions, rows) : rows;
    if (group === undefined || (group.rows.length > 0 && group.bytes + bytes > cap)) {
      if (group !== undefined) this.#full.push(group);
      group = this.#restart(key);
    }
    group.owners.push(owner);
    group.rows.push(row);
    group.bytes += bytes;
    if (key === null) group.partitions = group.rows.length;
    if (group.rows.length < most && group.bytes < cap) return;
    this.#full.push(group);
    if (key === null) this.#loose = empty();
    else this.#byKey.delete(key);
  }

  /** Takes the groups that can grow no more. */
  takeFull(): Group<Owner>[] {
    const full = this.#full;
    this.#full = [];
    return full;
  }

  /** Takes all groups; small ones are bundled within the limits. O(groups). */
  takeAll(): Group<Owner>[] {
    const taken = this.takeFull();
    const rest = [...this.#byKey.values()];
    if (this.#loose.rows.length > 0) rest.push(this.#loose);
    this.#byKey.clear();
    this.#loose = empty();
    for (const group of bundle(rest, this.#limits)) taken.push(group);
    return taken;
  }

  #restart(key: string | null): Group<Owner> {
    const group = empty<Owner>();
    if (key === null) this.#loose = group;
    else this.#byKey.set(key, group);
    return group;
  }
}

function fitsWith<Owner>(into: Group<Owner>, group: Group<Owner>, limits: GroupLimits): boolean {
  return (
    into.rows.length + group.rows.length <= limits.rows &&
    into.bytes + group.bytes <= limits.bundleBytes &&
    into.partitions + group.partitions <= limits.bundlePartitions
  );
}

/** Joins neighbouring groups while the bundle limits hold; every row stays in exactly one group. */
export function bundle<Owner>(
  groups: readonly Group<Owner>[],
  limits: GroupLimits,
): Group<Owner>[] {
  const bundles: Group<Owner>[] = [];
  let last: Group<Owner> | undefined;
  for (const group of groups) {
    if (last === undefined || !fitsWith(last, group, limits)) {
      bundles.push(group);
      last = group;
      continue;
    }
    last.owners.push(...group.owners);
    last.rows.push(...group.rows);
    last.bytes += group.bytes;
    last.partitions += group.partitions;
  }
  return bundles;
}

/** Halves a group of at least two rows, to find the row that is refused. */
export function halve<Owner>(group: Group<Owner>): [Group<Owner>, Group<Owner>] {
  const middle = group.rows.length >> 1;
  const part = (from: number, to: number): Group<Owner> => ({
    owners: group.owners.slice(from, to),
    rows: group.rows.slice(from, to),
    bytes: group.bytes / 2,
    partitions: group.partitions,
  });
  return [part(0, middle), part(middle, group.rows.length)];
}
