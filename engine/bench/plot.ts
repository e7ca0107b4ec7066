/**
 * A line chart as SVG: one measure over what a sweep changed. Written by hand, since a chart with one
 * line and two axes is shorter than what a library has to be told, and a page with it needs no script.
 */

/** What is drawn. */
export interface Chart {
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  /** `label` stands below the point. */
  readonly points: readonly { readonly x: number; readonly y: number; readonly label: string }[];
}

const WIDTH = 640;
const HEIGHT = 320;
const MARGIN = { left: 72, right: 16, top: 36, bottom: 48 };

/** The chart. The x axis is logarithmic where its values span more than a factor of twenty. */
export function svgChart({ title, xTitle, yTitle, points }: Chart): string {
  const xs = points.map(({ x }) => x);
  const isLog = Math.min(...xs) > 0 && Math.max(...xs) / Math.min(...xs) > 20;
  const scale = (x: number): number => (isLog ? Math.log10(x) : x);
  const [left, right] = [Math.min(...xs.map(scale)), Math.max(...xs.map(scale))];
  const top = niceCeiling(Math.max(...points.map(({ y }) => y)));
  const atX = (x: number): number =>
    MARGIN.left +
    (right === left ? 0.5 : (scale(x) - left) / (right - left)) *
      (WIDTH - MARGIN.left - MARGIN.right);
  const atY = (y: number): number =>
    HEIGHT - MARGIN.bottom - (y / top) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const path = points.map(({ x, y }) => `${fixed(atX(x))},${fixed(atY(y))}`).join(' ');
  const dots = points.map(
    ({ x, y, label }) =>
      `<circle cx="${fixed(atX(x))}" cy="${fixed(atY(y))}" r="3"><title>${escaped(label)}: ${fixed(y)}</title></circle>`,
  );
  const xLabels = points.map(
    ({ x, label }) =>
      `<text x="${fixed(atX(x))}" y="${HEIGHT - MARGIN.bottom + 18}" text-anchor="middle">${escaped(label)}</text>`,
  );
  const yLabels = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const y = fixed(atY(part * top));
    const label = `<text x="${MARGIN.left - 8}" y="${y}" dy="4" text-anchor="end">${(part * top).toLocaleString('en-US')}</text>`;
    return `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y}" y2="${y}" stroke="#ddd"/>${label}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" role="img">
<title>${escaped(title)}</title>
<text x="${MARGIN.left}" y="20" font-size="14">${escaped(title)} · ${escaped(yTitle)}</text>
${yLabels.join('\n')}
${xLabels.join('\n')}
<text x="${WIDTH / 2}" y="${HEIGHT - 8}" text-anchor="middle">${escaped(xTitle)}</text>
<polyline points="${path}" fill="none" stroke="#1565c0" stroke-width="2"/>
<g fill="#1565c0">${dots.join('')}</g>
</svg>
`;
}

/** A page of charts. */
export const chartPage = (title: string, charts: readonly string[]): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escaped(title)}</title>
<style>body{font-family:sans-serif;max-width:680px;margin:2em auto}svg{width:100%}</style>
<h1>${escaped(title)}</h1>
${charts.join('\n')}
</html>
`;

/** The next number of 1, 2, 2.5, 5, 10 times a power of ten. */
function niceCeiling(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 2.5, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}

const fixed = (value: number): string => String(Number(value.toFixed(1)));

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
