/** A plan as a Mermaid flowchart: GitHub, GitLab and editors draw it. */
import { formatDuration } from '../spec/units.ts';
import type { Operation, Plan, WindowNode } from './planner.ts';
import { targetText } from './explain.ts';
import { columnText, operationText, shapeText } from './text.ts';
import { inputsOf } from './union.ts';
import { boundsOf } from './window-shape.ts';

/**
 * The plan as a flowchart; dotted lines lead to the dead letters. Values of parameters are in it, so
 * mask the secrets of the definition before it is printed. O(plan).
 */
export function explainMermaid(plan: Plan): string {
  const ids = idsOf(plan);
  const edges = [...plan.stages, ...plan.sinks].flatMap((node) =>
    inputsOf(node).map((input) => `${ids.get(input) ?? ''} --> ${idOf(node.kind, node.name)}`),
  );
  const lines = [
    ...plan.sources.map((source) => {
      const { name, connector, columns, bounded } = source;
      const kept = `${targetText(connector)}${bounded ? '' : ', without end'}`;
      return `source_${name}[(${label(`source ${name}`, [kept, columns.map(columnText).join(', ')])})]`;
    }),
    ...plan.stages.map((stage) =>
      stage.kind === 'window'
        ? `window_${stage.name}{{${label(`window ${stage.name}`, windowLines(stage))}}}`
        : `record_${stage.name}[${label(`stage ${stage.name}`, stage.operations.map(operationLine))}]`,
    ),
    ...plan.sinks.map(({ name, connector, operations }) => {
      const texts = [...operations.map(operationLine), targetText(connector)];
      return `sink_${name}[/${label(`sink ${name}`, texts)}/]`;
    }),
    ...edges,
    ...letterLines(plan),
  ];
  return `flowchart TB\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

/** Ids have the kind of their node before the name: `end` and `class` are words of Mermaid. */
const idOf = (kind: string, name: string): string => `${kind}_${name}`;

const idsOf = (plan: Plan): ReadonlyMap<string, string> =>
  new Map(
    [...plan.sources, ...plan.stages].map(({ name, kind }) => [name, idOf(kind, name)] as const),
  );

/** Whose records may become dead letters. */
function letterLines({ sources, stages, errors }: Plan): string[] {
  const from = [
    ...(errors.decode === 'dead_letter' ? sources : []),
    ...stages.filter((stage) => stage.kind === 'window' && stage.late === 'dead_letter'),
  ];
  if (from.length === 0) return [];
  const node = `letters[/${label('dead letters', [targetText(errors.deadLetter)])}/]`;
  return [node, ...from.map(({ kind, name }) => `${idOf(kind, name)} -.-> letters`)];
}

function windowLines({ shape, graceMs, keys, columns, after }: WindowNode): string[] {
  const grace = graceMs === 0 ? '' : `, grace ${formatDuration(graceMs)}`;
  const names = new Set(keys.map(({ name }) => name));
  const results = columns.slice(keys.length + boundsOf(shape.kind).length);
  return [
    `${shapeText(shape)}${grace}`,
    ...(keys.length === 0 ? [] : [`by ${[...names].join(', ')}`]),
    results.map(({ name }) => name).join(', '),
    ...after.filter(({ operation }) => operation === 'where').map(operationLine),
  ];
}

function operationLine(operation: Operation): string {
  const { title, text } = operationText(operation);
  return operation.operation === 'set' ? `${title} = ${text}` : `${title} ${text}`;
}

/** A label of lines; what Mermaid or HTML would read is written as entities. */
const label = (title: string, lines: readonly string[]): string =>
  `"<b>${escaped(title)}</b>${lines.map((line) => `<br/>${escaped(line)}`).join('')}"`;

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['#', '#35;'],
  ['&', '#amp;'],
  ['"', '#quot;'],
  ['<', '#lt;'],
  ['>', '#gt;'],
]);

const escaped = (text: string): string =>
  text.replaceAll(/[#&"<>]/g, (sign) => ENTITIES.get(sign) ?? '').replaceAll(/\s+/g, ' ');
