/** Importing extensions: the same in the main thread and in every worker thread. */
import { hasAggregate, registerAggregate } from '../aggregate/registry.ts';
import { kernels, registerKernel } from '../operation/registry.ts';
import { EngineError, invariant } from '../../errors.ts';
import type { AggregateDefinition, Extension, StageDefinition } from './define.ts';
import { ownAccumulator, ownAggregate } from './own-aggregate.ts';
import { ownOperation } from './own-operation.ts';

/** What some modules add to the language. */
export interface Extensions {
  readonly urls: readonly string[];
  readonly stages: readonly StageDefinition[];
  readonly aggregates: readonly AggregateDefinition[];
}

/** Nothing is added. */
export const noExtensions: Extensions = { urls: [], stages: [], aggregates: [] };

/** By URL: a module is imported once a thread. */
const loaded = new Map<string, readonly Extension[]>();

/**
 * Imports modules by URL and makes what they define known to this thread. Throws EngineError
 * ENG_EXTENSION for a module that cannot be imported, exports nothing of the kind, or takes a name
 * that is taken.
 */
export async function loadExtensions(urls: readonly string[]): Promise<Extensions> {
  for (const url of new Set(urls)) {
    if (loaded.has(url)) continue;
    const parts = partsOf(url, await importModule(url));
    for (const part of parts) register(part, url);
    loaded.set(url, parts);
  }
  return extensionsOf(urls);
}

/** What modules that have been loaded add. Throws ENG_INVARIANT for one that has not. */
export function extensionsOf(urls: readonly string[]): Extensions {
  const all = [...new Set(urls)].flatMap((url) => {
    const parts = loaded.get(url);
    invariant(parts !== undefined, `the extension ${url} has not been loaded`);
    return parts;
  });
  return {
    urls: [...new Set(urls)],
    stages: all.flatMap((each) => (each.extends === 'stage' ? [each.definition] : [])),
    aggregates: all.flatMap((each) => (each.extends === 'aggregate' ? [each.definition] : [])),
  };
}

async function importModule(url: string): Promise<unknown> {
  try {
    return await import(url);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw failure(url, `cannot be imported: ${reason}`, cause);
  }
}

/** Everything that a module exports by `defineStage` and `defineAggregate`, in lists or by itself. */
function partsOf(url: string, module: unknown): Extension[] {
  const parts = Object.values(module as Record<string, unknown>)
    .flat()
    .filter(isExtension);
  if (parts.length > 0) return [...new Set(parts)];
  throw failure(url, 'exports nothing made by defineStage or defineAggregate');
}

function isExtension(value: unknown): value is Extension {
  if (typeof value !== 'object' || value === null) return false;
  const { extends: kind, definition } = value as Partial<Extension>;
  return (kind === 'stage' || kind === 'aggregate') && typeof definition === 'object';
}

const NAME = /^[a-z][a-z0-9_]{0,63}$/;

function register(part: Extension, url: string): void {
  const name = part.extends === 'stage' ? part.definition.keyword : part.definition.name;
  if (!NAME.test(name)) throw failure(url, `calls something ${name}: write a name in snake_case`);
  const taken = part.extends === 'stage' ? kernels.has(name) : hasAggregate(name);
  if (taken) throw failure(url, `defines ${name}, which is there already`);
  if (part.extends === 'stage') registerKernel(ownOperation(part.definition));
  else registerAggregate(ownAggregate(part.definition), ownAccumulator(part.definition));
}

const failure = (url: string, what: string, cause?: unknown): EngineError =>
  new EngineError('ENG_EXTENSION', `the extension ${url} ${what}`, { context: { url }, cause });
