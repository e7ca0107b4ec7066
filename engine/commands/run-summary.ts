/** The last words of a run: what came of it, and what to do next. */
import { cutAtDedup } from '../core/operation/dedup.ts';
import type { Plan } from '../plan/planner.ts';
import { ledgerText } from './ledger-text.ts';
import { short } from '../run/progress.ts';
import type { Summary } from '../run/summary.ts';

/** The summary as lines for a person. */
export function summaryText(summary: Summary, plan: Plan, file: string): string {
  const { pipeline, finished, provisional, elapsedMs, records, rows } = summary;
  const seconds = elapsedMs / 1000;
  const how = finished ? 'ran to the end of its sources' : 'stopped';
  const lines = [
    `${pipeline} ${how} after ${seconds.toFixed(1)} s`,
    `  records in      ${short(records).padStart(10)}   ${short(records / seconds)}/s`,
    ...(summary.simulated.length === 0
      ? []
      : [`  simulated       ${summary.simulated.join(', ')}: made up, not measured`]),
    `  filtered        ${short(summary.filtered).padStart(10)}`,
    ...duplicatesText(summary, plan),
    `  late            ${short(summary.late).padStart(10)}${latePartialText(summary)}`,
    `  dead-lettered   ${lettersText(summary)}`,
    ...havingText(summary),
    ...Object.entries(rows).map(
      ([sink, count]) => `  ${`→ ${sink}`.padEnd(15)} ${short(count).padStart(10)} rows`,
    ),
    ...ledgerText(summary.ledger),
    `  snapshots       ${short(summary.snapshots.taken).padStart(10)}`,
  ];
  if (provisional) lines.push('  windows that are still open were written as they are now');
  lines.push('', 'next:', ...nextSteps(plan, file).map((step) => `  ${step}`), '');
  return lines.join('\n');
}

/** A line where the pipeline has a dedup. */
const duplicatesText = ({ duplicates }: Summary, plan: Plan): string[] =>
  plan.stages.some(({ operations }) => cutAtDedup(operations) !== null)
    ? [`  duplicates      ${short(duplicates).padStart(10)}`]
    : [];

/** A line where a `having` left groups out. */
const havingText = ({ havingFiltered }: Summary): string[] =>
  havingFiltered === 0
    ? []
    : [`  groups left out ${short(havingFiltered).padStart(10)}   (having)`];

function latePartialText({ latePartial }: Summary): string {
  return latePartial === 0 ? '' : `   (${short(latePartial)} more for some of their windows)`;
}

function lettersText({ deadLetters }: Summary): string {
  const entries = Object.entries(deadLetters);
  const total = entries.reduce((sum, [, count]) => sum + count, 0);
  const by = entries.map(([code, count]) => `${code} ${short(count)}`).join(', ');
  return `${short(total).padStart(10)}${by === '' ? '' : `   (${by})`}`;
}

function nextSteps(plan: Plan, file: string): string[] {
  const windows = new Set(
    plan.stages.flatMap(({ kind, name }) => (kind === 'window' ? [name] : [])),
  );
  const tables = plan.sinks.filter(({ connector }) =>
    ['cassandra', 'sqlite'].includes(connector.kind),
  );
  const table = tables.find(({ input }) => windows.has(input)) ?? tables[0];
  const steps = table === undefined ? [] : [`npx engine query ${table.name}`];
  steps.push(`npx engine explain ${file}`);
  if (plan.sources.some(({ connector }) => connector.kind === 'simulate')) {
    steps.push('eval "$(npx engine infra up --export)"    # a real Kafka and Cassandra');
  }
  return steps;
}
