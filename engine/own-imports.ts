/**
 * Imports that need no looking for, for a quicker start: a fifth of it was spent on resolving.
 *
 * The engine's own files are known from the text of the import: a relative path with its extension,
 * never a link, always an ES module; Node need not look at the file system and at package.json for
 * each. RxJS, which comes as two hundred files and as one, is read as one. In the package, which is
 * bundled, there is nothing to look for.
 */
import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('..', import.meta.url).href;
const PACKAGES = `${ROOT}node_modules/`;

/** To be called before the rest is imported, once a thread. */
export function resolveOwnImports(): void {
  if (!import.meta.url.endsWith('.ts')) return;
  registerHooks({
    resolve: (specifier, context, next) => {
      const { parentURL = '' } = context;
      if (!parentURL.startsWith(ROOT) || parentURL.startsWith(PACKAGES)) {
        return next(specifier, context);
      }
      if (specifier === 'rxjs') return asOneFile(next(specifier, context));
      const format = formatOf(specifier);
      if (format === null) return next(specifier, context);
      return { url: new URL(specifier, parentURL).href, format, shortCircuit: true };
    },
  });
}

function formatOf(specifier: string): string | null {
  return specifier.startsWith('.') && specifier.endsWith('.ts') ? 'module-typescript' : null;
}

/** The bundle that is part of the package, where it is; else the package as Node has found it. */
function asOneFile<Found extends { url: string }>(found: Found): Found {
  const url = found.url.replace(/\/dist\/cjs\/index\.js$/, '/dist/bundles/rxjs.umd.js');
  return url !== found.url && existsSync(fileURLToPath(url)) ? { ...found, url } : found;
}
