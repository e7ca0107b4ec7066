/** Every operator and function of the language. A new one is one entry in one of these lists. */
import type { FunctionEntry } from '../function.ts';
import { arithmetic } from './arithmetic.ts';
import { casts } from './cast.ts';
import { comparisons } from './comparison.ts';
import { conditionals } from './conditional.ts';
import { hashes } from './hash.ts';
import { headers } from './headers.ts';
import { logic } from './logic.ts';
import { mathematics } from './mathematics.ts';
import { patterns } from './pattern.ts';
import { texts } from './text.ts';
import { times } from './time.ts';

/** The entries by name. */
export const functions: ReadonlyMap<string, FunctionEntry> = new Map(
  [
    ...[arithmetic, comparisons, logic, conditionals, casts, mathematics, texts, patterns],
    ...[times, hashes, headers],
  ]
    .flat()
    .map((entry) => [entry.name, entry]),
);

/** Other dialects' names, suggested and never accepted. */
export const ALIASES: ReadonlyMap<string, string> = new Map([
  ['power', 'pow'],
  ['ceiling', 'ceil'],
  ['log', 'ln'],
  ['substr', 'substring'],
  ['slice', 'substring'],
  ['len', 'length'],
  ['char_length', 'length'],
  ['nvl', 'coalesce'],
  ['ifnull', 'coalesce'],
  ['iif', 'if'],
  ['iff', 'if'],
  ['startswith', 'starts_with'],
  ['includes', 'contains'],
  ['rlike', 'regexp_like'],
  ['regexp', 'regexp_like'],
  ['regexp_matches', 'regexp_like'],
  ['tolowercase', 'lower'],
  ['lcase', 'lower'],
  ['touppercase', 'upper'],
  ['ucase', 'upper'],
  ['extract', 'date_part'],
  ['to_date', 'to_timestamp'],
  ['from_unixtimestamp', 'from_unixtime'],
  ['mod', '%'],
  ['div', '/'],
]);
