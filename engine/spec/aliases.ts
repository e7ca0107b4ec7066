/**
 * Words other tools use for keys of this language: suggested, never accepted.
 */
import type { Vocabulary } from './keyword.ts';

const words: readonly (readonly [right: string, ...others: string[]])[] = [
  ['sources', 'source', 'input', 'inputs'],
  ['stages', 'stage', 'steps', 'transforms', 'transformations', 'pipeline', 'processors'],
  ['sinks', 'sink', 'output', 'outputs', 'targets'],
  ['params', 'parameters', 'variables', 'vars'],
  ['connections', 'connection', 'servers', 'services'],
  ['timezone', 'tz', 'time_zone', 'zone'],
  ['brokers', 'bootstrap_servers', 'bootstrap', 'broker', 'servers', 'hosts'],
  ['contact_points', 'hosts', 'nodes', 'endpoints'],
  ['local_data_center', 'datacenter', 'data_center', 'dc', 'local_dc', 'local_datacenter'],
  ['replication', 'replication_factor'],
  ['topic', 'topics', 'topic_name', 'subscribe'],
  ['group', 'group_id', 'consumer_group'],
  ['start', 'auto_offset_reset', 'starting_offsets', 'offset', 'offsets'],
  ['connection', 'server', 'cluster'],
  ['from', 'input', 'inputs', 'source', 'upstream'],
  ['where', 'filter', 'condition', 'when'],
  ['set', 'map', 'compute', 'with_columns', 'assign', 'columns'],
  ['group_by', 'key_by', 'partition_by', 'group', 'keys'],
  ['aggregate', 'aggregates', 'aggregations', 'agg', 'measures'],
  ['every', 'slide', 'advance', 'advance_by', 'step', 'hop'],
  ['size', 'length', 'duration', 'width'],
  ['grace', 'allowed_lateness', 'lateness', 'late_arrival'],
  ['late', 'on_late', 'late_data'],
  ['emit', 'output_mode', 'trigger'],
  ['out_of_order', 'delay', 'max_out_of_orderness', 'bounded_out_of_orderness', 'lateness'],
  ['idle', 'idle_timeout', 'idleness'],
  ['event_time', 'timestamp', 'time', 'rowtime'],
  ['pattern', 'format', 'date_format'],
  ['schema', 'columns', 'fields'],
  ['primary_key', 'key', 'keys', 'pk'],
  ['table', 'table_name'],
  ['ttl', 'expire', 'expires', 'retention'],
  ['dead_letter', 'dlq', 'dead_letters', 'dead_letter_queue'],
  ['checkpoint', 'checkpoints', 'checkpointing', 'state'],
  ['every', 'interval', 'period'],
  ['directory', 'dir', 'path', 'location'],
  ['memory', 'max_memory', 'heap'],
  ['keys', 'max_keys'],
  ['type', 'data_type'],
  ['path', 'field', 'json_path', 'file', 'files'],
  ['default', 'value'],
  ['delimiter', 'separator', 'sep', 'delim', 'field_delimiter'],
  ['quote', 'quote_char', 'quote_character'],
  ['null_text', 'null', 'null_value', 'null_string', 'na', 'nullstr'],
  ['username', 'user'],
];

/** The right words for a wrong one, the vocabulary's own aliases first. */
export function rightWords(word: string, { keywords }: Vocabulary): string[] {
  const folded = snakeCase(word);
  const own = keywords.filter(({ aliases }) => aliases.includes(word) || aliases.includes(folded));
  return [
    ...own.map(({ keyword }) => keyword),
    folded,
    ...words.filter(([, ...others]) => others.includes(folded)).map(([right]) => right),
  ];
}

/** `groupBy`, `group-by`, `group.by` → `group_by`. */
const snakeCase = (word: string): string =>
  word
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[-.\s]+/g, '_')
    .toLowerCase();
