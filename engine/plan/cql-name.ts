/** Names that tables and their columns can have. */

const NAME = /^[a-z][a-z0-9_]{0,47}$/;

/** The words CQL keeps for itself (Cassandra's doc/cql3, appendix A): names only in double quotes. */
const RESERVED: ReadonlySet<string> = new Set(
  (
    'add allow alter and apply asc authorize batch begin by columnfamily create default delete desc ' +
    'describe drop entries execute from full grant if in index infinity insert into is keyspace ' +
    'limit materialized modify nan norecursive not null of on or order primary rename replace ' +
    'revoke schema select set table to token truncate unlogged unset update use using view where with'
  ).split(' '),
);

/** True for names that CQL takes as they are, or quoted when they are reserved. */
export const isTableName = (name: string): boolean => NAME.test(name);

/** True for names that must be quoted in CQL. */
export const isReserved = (name: string): boolean => RESERVED.has(name);
