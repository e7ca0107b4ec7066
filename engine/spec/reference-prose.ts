/**
 * What the reference says in sentences: rules that no field states by itself.
 */
import { serverlessHint } from './normalize-words.ts';

/** The head of the page. */
export const opening = `# Reference

<!-- Written by \`engine schema --write\`: edit the fields, not this file. -->

Everything a pipeline definition may say. Editors know it too: \`pipeline.schema.json\` beside this
file is the same as a JSON schema. \`engine check FILE\` prints all that is wrong with a definition.`;

/** Quantities, variables, quoting. */
export const values = `YAML 1.2, keys in snake_case. Unknown keys, keys written twice, tags (\`!x\`), several documents in a
file and numbers as keys are errors.

| kind | written | |
| --- | --- | --- |
| duration | \`250ms\` \`10s\` \`5m\` \`1h\` \`7d\` \`1h30m\` | a unit is always needed |
| size | \`64KiB\` \`512MiB\` \`1GiB\` | \`kB MB GB\` go by the thousand |
| share | \`5%\` | |
| rate | \`60/1m\` | how many in how long |

\`\${NAME}\` takes a variable, \`\${NAME:-default}\` with a default for one that is unset or empty,
\`\${NAME:?message}\` with a complaint; \`$\${\` is the text \`\${\`. They are looked for in \`--set NAME=value\`, the
environment, \`.env\` (or \`--env-file\`) and the defaults of \`params\`, in this order, and expanded after
parsing, in values only: not in keys, not in expressions, not in \`tests\`. The value is then held
against the type of its field. Variables named like secrets (KEY, SECRET, PASSWORD, TOKEN) are hidden
wherever a definition is printed.

Expressions stand in block style or in quotes: inside \`{ }\` a comma ends a value. So does a \`\${…}\`
there, and a value that begins with \`%\`, \`*\`, \`!\`, \`>\` or a quote.`;

/** Connections. */
export const connections = `A connection with \`brokers\` is one to Kafka, one with \`contact_points\` to Cassandra;
${serverlessHint}: topics and tables are then files below \`.engine/\`. The connections called
\`kafka\` and \`cassandra\` are taken by default, others by \`connection: NAME\` in a source or sink.`;

/** Parameters. */
export const parameters = `\`$NAME\` in an expression is the typed value of a parameter: from \`--set NAME=value\`, the environment,
\`.env\` or its \`default\`. A timestamp is a time with its zone (\`2024-03-28T22:25:00Z\`), a local one, read in
\`timezone\` (\`2024-03-28 23:25:00\`), an age (\`5m\`: five minutes before the start) or \`now\`.`;

/** Schemas. */
export const schema = `\`name: type\`, with \`!\` behind the type when the field must be there; otherwise the column may be null.
A nested field is \`name: { path: main.temp, type: double }\`; names with dots stand in a list,
\`path: [main, "a.b"]\`. Fields that are not declared are skipped without being parsed. \`_key: string\`,
\`_partition: int\`, \`_offset: long\`, \`_timestamp: timestamp\` and \`_headers\` come from the record's envelope. Lines have
no envelope: what they hold under these names is taken, as an archive keeps it; else there is no key, and no header.

\`_headers: "array<{ key: string!, value: string }>"\` (in quotes) are the headers of a record in their order, \`[]\` where it has
none; of one name there may be several. Their bytes are read as UTF-8; what is none becomes \`�\`. \`header(_headers, 'trace-id')\`
is the last value of that name, \`explode\` makes a row of each. Sinks write them as any array of structs.`;

/** CSV, whose values are texts. */
export const csv = `\`format: csv\` reads files whose first line names their columns, in any order; a file that lacks a declared one is
refused. With \`format: { csv: { header: false } }\` there is no such line: rows hold the columns of the schema, all of them, in its
order. A column is found by its name, or the \`path\` of its field (\`{ path: main.temp, … }\` is the column \`main.temp\`). A field
may be quoted, and then hold delimiters, line breaks and, doubled, quotes. An empty field is null, and so is \`null_text\`, but a
string in quotes is text (\`""\` the empty one). Text becomes the declared type: \`12.5\`, \`+3\` and \`007\` are numbers;
\`true t 1\` and \`false f 0\` bools in any case; timestamps and arrays are written as in JSON. Rows of another width than the first
line (or the schema), and values that are not of their type, are dead letters, with the bytes of their row, their file and the byte they begin at.`;

/** Arrays, which have no line of their own in the table of types. */
export const arrays = `\`array<double>\` is an array whose elements may be null, \`array<double!>\` one whose elements may not;
\`"array<{ id: int!, name: string }>"\` (in quotes) one of structs, of which other members are skipped. A record with an element
of another type is a dead letter. Arrays go into group keys, columns and sinks as they are, and \`explode\` makes a row of each
element; expressions only ask whether they are null (but \`header\`, of \`_headers\`). Cassandra keeps \`frozen<list<double>>\` (a row with a null among the
elements is a dead letter there), structs as JSON text; SQLite keeps JSON text, Kafka and files an array. Spark and Flink:
\`ARRAY<DOUBLE>\`, \`ARRAY<ROW<…>>\`.`;

/** Types here and elsewhere. */
export const types = [
  ['bool', '`true`, `false`', 'boolean', 'BOOLEAN', 'BOOLEAN'],
  ['int', 'whole number of 32 bits', 'int', 'INT', 'INT'],
  ['long', 'whole number up to 2⁵³', 'bigint', 'BIGINT', 'BIGINT'],
  ['float', 'number, rounded to 32 bits', 'float', 'FLOAT', 'FLOAT'],
  ['double', 'number', 'double', 'DOUBLE', 'DOUBLE'],
  ['string', 'text', 'text', 'STRING', 'STRING'],
  ['timestamp', 'text, ISO 8601 with zone', 'timestamp', 'TIMESTAMP', 'TIMESTAMP_LTZ(3)'],
] as const;

/** Event time. */
export const eventTime = `Say how the column is read: \`pattern\` (local text, read in \`timezone\`), \`unit\` (a number) or \`iso\`; a
column of type timestamp needs none of them. A local time skipped by daylight saving shifts forward.`;

/** Watermarks. */
export const watermark = `The watermark of a partition is its greatest event time less \`out_of_order\`. A record is late for a
window when \`end + grace\` is not above the watermark of its own partition before it. Without
\`out_of_order\` it is 0s: records are expected in order within their partition.`;

/** Row-wise stages. */
export const recordStages = `A stage reads one source or stage (\`from\`) and does with each row what its keywords say: \`where\`
first, then \`dedup\`, \`lookup\`, \`explode\`, \`set\`, \`select\` and \`omit\`, whatever the order written.
\`from: [a, b]\` is the union of sources or stages with the same columns; it needs no keyword. Records of several sources
keep their source, partition and time; windows over them wait for all of these. A record that comes by two inputs
counts twice. Rows of windows are put together with those of other windows, not with records; for a table \`set\` a
column in each that tells them apart. Stages may be read by several others, not
in a circle. What follows a \`dedup\` of records runs on the main thread. A union may have inputs
behind a dedup and others; a dedup may follow a union, whose records it takes by their offsets, those of one record in the
order of the inputs.

A \`dedup\` behind a union of several sources finds duplicates over all partitions of all of them: what two topics bring
comes out once. It takes records in the order in which the watermarks of their partitions get to them, so a
record waits until the other partitions have come as far, or count as idle; what waits is in the snapshot, and
\`max_drift\` bounds it. Which of two duplicates stays depends on the logs alone. Where each partition is to be looked at by
itself write a dedup for each source before the union.`;

/** Window stages. */
export const windowStages = `A stage with \`window\` has \`group_by\` and \`aggregate\` and none of the row-wise keywords: put those into
a stage before it. Its rows are the group columns, \`window_start\`, \`window_end\` and the aggregates.
Windows are \`[start, end)\`; windows of whole days follow \`timezone\`. Windows without rows give none.

\`whole: true\` is one window over all that a bounded source has (a file, or anything with --bounded). It has no
start and no end, so its rows are the group columns and the aggregates alone, nothing is late for it, and the key of
a table holds the group columns only. What it spans can be asked for: \`since: min(date)\`, \`until: max(date)\`.

\`emit\` says when rows come out. With \`on_end\` and \`{ every: 30s }\` they come out before they are final, and the final
row always follows: so they are written to a table, under a key with the group columns and \`window_start\`, and
neither \`having\` nor a \`where\` or \`dedup\` may stand on their way, since what passes now may not pass in the end.

\`session\` windows are made of the rows themselves: those of a group that follow each other by less than the gap,
from \`window_start\`, the time of the first, to \`window_end\`, the time of the last plus the gap. A row is late when its
own time plus \`grace\` is not above the watermark of its partition. Sessions are cut at multiples of \`max\`, where
their end is cut too; so one that never pauses comes out all the same.

\`count\` windows take so many rows of a group and source partition, in the order of offsets, whatever their time: they
need no watermark, nothing is late, and no \`grace\`, \`offset\`, \`late\` or \`emit\` is for them. Their rows have \`partition\` and
\`window_index\` (0, 1, 2 …), which both belong into the key of a table. A row comes out when its window is full; what is
not full comes out at the end of a bounded source only. A group stays for good, since its windows are numbered on:
\`limits.keys\` says how many there may be. No window may follow.

A window may read the rows of a window, also through row-wise stages. Such a row counts at the last millisecond of its
window (\`window_end\` − 1 ms), whether it was late is over by then, and the window below closes when the one above has
closed that far. Columns called \`window_start\` and \`window_end\` are those of the row inside aggregates
(\`since: min(window_start)\`), and the bounds of the window outside of them.

A \`dedup\` of rows of windows keeps the first in the order of \`window_end\`, and remembers it until a window ends
\`within\` or more after it. Behind several windows (\`from: [a, b]\`) rows wait until all of them have closed that far; of
rows that end together the window whose name comes first is the first. Windows that count, or are the whole input, have
no end to go by, and rows before they are final (\`emit\`) might not pass in the end.`;

/** Aggregates. */
export const aggregates = `Nulls are skipped; without any input the result is null, and 0 for counts. An expression over
aggregates is allowed: \`diff: avg(feels_like) - avg(temperature)\`. Records are in the order of event time, then
partition, then offset: what is first or last does not depend on how they came. Aggregates of two columns look at the
records in which neither is null, but for the x of \`min_by\` and \`max_by\`. A result that reads \`count_distinct(x, cap)\` has a column
\`NAME_saturated\` behind it: whether there were more than \`cap\` values.`;

/** Expressions. */
export const expressions = `\`record_time\` is the time that the broker gave a record, null where there is none. \`now()\` is the start of a run
over bounded input (or \`--now\`), the same for every row; other runs have none.

Typed when the definition is checked. A null operand or argument makes null unless the table says
otherwise. Text stands in single quotes, columns and \`$PARAMETERS\` stand bare. Values of unlike types
do not compare.`;

/** Findings. */
export const findings = `What \`engine check\` may find. Each links to a small definition that has it.`;
