/** What infra/compose.yaml says of a server, for who starts it without compose. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { COMPOSE_FILE } from '../servers/compose.ts';

/** A service as the file has it, variables replaced. */
export interface Service {
  readonly image: string;
  readonly mem_limit: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly healthcheck: { readonly test: readonly string[] };
}

/** Reads one service; `variables` are what `${NAME:-default}` is replaced from. */
export function readService(
  name: string,
  variables: Readonly<Record<string, string | undefined>>,
): Service {
  const text = readFileSync(COMPOSE_FILE, 'utf8');
  const file = parse(text, { merge: true }) as { services: Record<string, Service> };
  const service = file.services[name];
  if (service === undefined) throw new Error(`no service ${name} in ${COMPOSE_FILE.pathname}`);
  return JSON.parse(replaced(JSON.stringify(service), variables)) as Service;
}

/** Compose's interpolation, as far as the file uses it; `$$` is a dollar sign. */
const replaced = (text: string, variables: Readonly<Record<string, string | undefined>>): string =>
  text.replace(
    /\$\$|\$\{(\w+):-([^}]*)\}/g,
    (_, name: string | undefined, otherwise: string | undefined) => {
      if (name === undefined) return '$';
      const value = variables[name] ?? '';
      return value === '' ? (otherwise ?? '') : value;
    },
  );

/** Bytes of a size such as `352m`. */
export const bytesOf = (size: string): number => Number.parseInt(size, 10) * 2 ** 20;
