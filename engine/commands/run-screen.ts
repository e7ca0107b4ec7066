/** What `engine run` shows while it runs. */
import { type Progress, progressLine, shortLine } from '../run/progress.ts';

/** Where a run says what it does; `pipeline` null is the process itself. */
export interface Screen {
  note(pipeline: string | null, text: string): void;
  progress(pipeline: string, progress: Progress): void;
  close(): void;
}

/**
 * stderr: notices as lines; on a terminal one progress line that changes in place, with `together`
 * the pipelines side by side. With `report`, progress goes there as lines of JSON instead.
 */
export function openScreen(together: boolean, report: NodeJS.WriteStream | null): Screen {
  const live = process.stderr.isTTY && report === null;
  const latest = new Map<string, Progress>();
  const clear = (): void => {
    if (live) process.stderr.write('\r\u001b[K');
  };
  return {
    note(pipeline, text) {
      clear();
      process.stderr.write(`${together && pipeline !== null ? `${pipeline}: ` : ''}${text}\n`);
    },
    progress(pipeline, progress) {
      report?.write(`${JSON.stringify({ progress, pipeline })}\n`);
      if (!live) return;
      latest.set(pipeline, progress);
      const text = together
        ? Array.from(latest, ([name, each]) => `${name}: ${shortLine(each)}`).join(' ┃ ')
        : progressLine(progress);
      clear();
      process.stderr.write(text.slice(0, process.stderr.columns - 1));
    },
    close: clear,
  };
}
