/**
 * Where the values of variables come from.
 */

/** What the outside gives a definition. */
export interface DefinitionEnvironment {
  /** `--set NAME=value`: first. */
  readonly set: ReadonlyMap<string, string>;
  /** The process environment: second. */
  readonly env: ReadonlyMap<string, string>;
  /** `.env`: third. */
  readonly dotenv: ReadonlyMap<string, string>;
  /** True when a topic is kept on this machine (K3) by this name. */
  readonly topics: (name: string) => boolean;
  /** True with --bounded: sources take `instead.bounded`. */
  readonly bounded: boolean;
  /** True with --simulate: sources that ask an API take `instead.simulated`. */
  readonly simulate?: boolean;
  /** What ages are counted from, epoch ms; the clock by default. */
  readonly nowMs?: number;
}

/** Values by name. */
export interface Environment {
  /** The value of a variable, undefined when nothing sets it. */
  value(name: string): string | undefined;
  /** Names worth suggesting: those given on purpose, not the whole process environment. */
  names(): readonly string[];
}

/** The order of precedence: set, env, dotenv. */
export const createEnvironment = ({
  set,
  env,
  dotenv,
}: Pick<DefinitionEnvironment, 'set' | 'env' | 'dotenv'>): Environment => ({
  value: (name) => set.get(name) ?? env.get(name) ?? dotenv.get(name),
  names: () => [...set.keys(), ...dotenv.keys()],
});
