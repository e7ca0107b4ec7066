/** What `engine up` shows of its parts. */
import { shortLine } from '../../run/progress.ts';
import type { Part } from './part.ts';

/** One line: every part with its memory and what it does. */
export function statusLine(
  parts: readonly Part[],
  residentMib: ReadonlyMap<string, number>,
): string {
  const names = new Set([...residentMib.keys(), ...parts.map(({ name }) => name)]);
  return Array.from(names, (name) => {
    const mib = residentMib.get(name);
    const memory = mib === undefined ? '' : ` ${mib} MiB`;
    const part = parts.find((each) => each.name === name);
    return `${name}${memory}${part === undefined ? '' : doing(part)}`;
  }).join(' │ ');
}

function doing({ state, progress, runs, restarts }: Part): string {
  const pipelines = Array.from(progress, ([name, each]) => `${name} ${shortLine(each)}`);
  const parts = [
    ...(state === 'running' ? [] : [state]),
    ...(runs > 0 ? [`${runs} runs`] : []),
    ...(restarts > 0 ? [`started again ${restarts} times`] : []),
  ];
  const text = [...parts, ...pipelines].join('; ');
  return text === '' ? '' : ` (${text})`;
}
