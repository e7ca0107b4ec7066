/** Which session of a group begins at an instant: only all of its records tell (W6). */
import { sessionEnd, stretchStart } from '../core/window/session.ts';
import { formatIso } from '../core/time/civil.ts';
import { EngineError } from '../errors.ts';
import { type SourceLog, explainRow } from './why.ts';
import type { Question } from './why-plan.ts';

/** Sessions that are named when none begins where one was asked for. */
const MOST_NAMED = 5;

/**
 * The question with the end of its session; any other question as it is. Reads the logs once. Throws
 * EngineError ENG_CLI_USAGE, naming sessions that there are, when none begins there.
 */
export async function withSession(
  question: Question,
  logs: readonly SourceLog[],
): Promise<Question> {
  const { window } = question;
  if (window?.node.shape.kind !== 'session') return question;
  const { shape } = window.node;
  const stretch = stretchStart(window.start, shape);
  const holds = (time: number): boolean => time >= stretch && time < stretch + shape.maxMs;
  const whole = { ...question, window: { ...window, holds } };
  const times = (await explainRow(whole, logs))
    .flatMap(({ records }) => records.filter(({ isLate }) => !isLate))
    .map(({ eventTime }) => eventTime)
    .toSorted((a, b) => a - b);
  const sessions: { first: number; last: number }[] = [];
  for (const time of times) {
    const before = sessions.at(-1);
    if (before !== undefined && time - before.last < shape.gapMs) before.last = time;
    else sessions.push({ first: time, last: time });
  }
  const found = sessions.find(({ first }) => first === window.start);
  if (found === undefined) throw noSession(window.node.name, window.start, sessions);
  const end = sessionEnd(found.first, found.last, shape);
  return {
    ...question,
    window: { ...window, end, holds: (time) => time >= window.start && time < end },
  };
}

function noSession(
  stage: string,
  start: number,
  sessions: readonly { readonly first: number }[],
): EngineError {
  const near = sessions.toSorted((a, b) => Math.abs(a.first - start) - Math.abs(b.first - start));
  const named = near.slice(0, MOST_NAMED).map(({ first }) => formatIso(first));
  const there =
    named.length === 0 ? 'the group has none near it' : `near it are ${named.join(', ')}`;
  return new EngineError(
    'ENG_CLI_USAGE',
    `no session of ${stage} begins at ${formatIso(start)}: ${there}`,
  );
}
