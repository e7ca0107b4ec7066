/** Which session of a group begins at an instant: only all of its records tell (W6). */
import { sessionEnd, stretchStart } from '../core/window/session.ts';
import { formatIso } from '../core/time/civil.ts';
import { EngineError } from '../errors.ts';
import { type AskedWindow, windowAt } from './why-window.ts';

/** Sessions that are named when none begins where one was asked for. */
const MOST_NAMED = 5;

/** The window, or all that may be of it while the end of a session is not known. */
export function widest(window: AskedWindow): AskedWindow {
  const { shape } = window.node;
  if (shape.kind !== 'session' || Number.isFinite(window.end)) return window;
  const stretch = stretchStart(window.start, shape);
  const holds = (time: number): boolean => time >= stretch && time < stretch + shape.maxMs;
  return { ...window, holds };
}

/**
 * The window, and of a session its end, by the event times of what `widest` holds and is not late.
 * Throws EngineError ENG_CLI_USAGE, naming sessions that there are, when none begins there.
 */
export function narrowed(window: AskedWindow, eventTimes: readonly number[]): AskedWindow {
  const { node, start } = window;
  const { shape } = node;
  if (shape.kind !== 'session' || Number.isFinite(window.end)) return window;
  const sessions: { first: number; last: number }[] = [];
  for (const time of eventTimes.toSorted((a, b) => a - b)) {
    const before = sessions.at(-1);
    if (before !== undefined && time - before.last < shape.gapMs) before.last = time;
    else sessions.push({ first: time, last: time });
  }
  const found = sessions.find(({ first }) => first === start);
  if (found === undefined) throw noSession(node.name, start, sessions);
  return windowAt(node, start, sessionEnd(found.first, found.last, shape));
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
