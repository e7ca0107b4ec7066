/** Processes of peers: their output, and the memory that they and their children take. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** What to start. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** What a process printed, and the most memory it had. */
export interface Ended {
  readonly lines: readonly string[];
  readonly peakRssMib: number;
}

const LOOK_MS = 200;

/** Runs a command to its end. Rejects with what it said when it does not end with 0. */
export async function runToEnd({ program, args, env }: Command): Promise<Ended> {
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err = (err + text).slice(-4000)));
  // Of a process that has ended nothing can be read any more.
  const peaks = new Map<number, number>();
  const timer = setInterval(() => {
    for (const pid of familyOf(child.pid ?? -1))
      peaks.set(pid, peakKib(pid) ?? peaks.get(pid) ?? 0);
  }, LOOK_MS);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).finally(() => clearInterval(timer));
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${err}`);
  const peakRssMib = [...peaks.values()].reduce((sum, kib) => sum + kib, 0) / 1024;
  return { lines: out.split('\n').filter((line) => line !== ''), peakRssMib };
}

/** A process and everything it has started. */
function familyOf(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = read(`/proc/${name}/stat`);
    // After the name in parentheses: state, parent.
    if (stat !== null) parents.set(Number(name), Number(stat.split(') ')[1]?.split(' ')[1]));
  }
  const family = [root];
  for (const pid of family) {
    for (const [child, parent] of parents) if (parent === pid) family.push(child);
  }
  return family;
}

function peakKib(pid: number): number | null {
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? '') ?? [];
  return kib === undefined ? null : Number(kib);
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
