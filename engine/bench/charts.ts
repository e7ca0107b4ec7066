/** Charts of sweeps: rate, processor time and memory over what changed, as SVG and on one page. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Drain } from './drain.ts';
import { chartPage, svgChart } from './plot.ts';
import type { BenchReport } from './report.ts';
import type { Sweep } from './sweep.ts';

const measures: readonly {
  readonly file: string;
  readonly title: string;
  readonly of: (drain: Drain) => number;
}[] = [
  { file: 'rate', title: 'events per second', of: (drain) => drain.eventsPerSecond },
  {
    file: 'cpu',
    title: 'CPU seconds per million events',
    of: (drain) => drain.cpuSecondsPerMillion,
  },
  { file: 'memory', title: 'peak RSS, MiB', of: (drain) => drain.peakRssMib },
];

/** Writes the charts into a directory; the path of the page. */
export function writeCharts(
  { points }: BenchReport,
  sweeps: readonly Sweep[],
  directory: string,
): string {
  mkdirSync(directory, { recursive: true });
  const charts = sweeps.flatMap(({ dimension }) => {
    const own = points.filter(({ name }) => name.startsWith(`${dimension}=`));
    return measures.map(({ file, title, of }) => {
      const drawn = own.map(({ name, value, median }) => {
        const text = name.slice(dimension.length + 1);
        const label = Number.isNaN(Number(text)) ? text : Number(text).toLocaleString('en-US');
        return { x: value ?? 0, y: of(median), label };
      });
      const svg = svgChart({ title: dimension, xTitle: dimension, yTitle: title, points: drawn });
      writeFileSync(join(directory, `${dimension}-${file}.svg`), svg);
      return svg;
    });
  });
  const page = join(directory, 'index.html');
  writeFileSync(page, chartPage('engine bench', charts));
  return page;
}
