/**
 * What runs of the package: the engine's modules, with the libraries that are only code, in a few
 * files. A start then reads 80 files instead of 560.
 *
 * Entries lie where they lie in the sources, so that who looks for one beside itself finds it; all
 * else lies in engine/chunks. What must be there once (registries, extensions that have been loaded,
 * classes of errors) is: entries of one build share their chunks. Commands and adapters are chunks of
 * their own wherever the sources import them when they are needed; a thread loads what workers/ needs.
 */
import { join, posix } from 'node:path';
import { type OutputChunk, type Plugin, rolldown } from 'rolldown';

const ROOT = join(import.meta.dirname, '../..');

/** Entries by their path below engine/: what bin.js, `exports`, Piscina and `engine bench` load. */
const ENTRIES = ['cli', 'index', 'extension', 'pool/thread', 'bench/latency-run'];

/**
 * Packages that stay packages. kafkajs and cassandra-driver are reached into by path, and that must
 * be the copy that is imported; Piscina and fastify load files of their own; the codecs are native;
 * node-fetch, which only `http_poll` loads, brings packages without a licence file.
 */
const KEPT = [
  'cassandra-driver',
  'fastify',
  'kafkajs',
  'lz4-napi',
  'node-fetch',
  'piscina',
  'snappy',
];

/**
 * What Node would be given of these is CommonJS, of which nothing can be left out; the same code as
 * ES modules takes 3 MiB less.
 */
const AS_MODULES = {
  rxjs: join(ROOT, 'node_modules/rxjs/dist/esm/index.js'),
  yaml: join(ROOT, 'node_modules/yaml/browser/index.js'),
};

/**
 * Bundles into `directory`, the package's. Neither minified nor mangled: 1 to 2 % of a start are not worth
 * stack traces that nobody can read. Throws when anything is not found.
 */
export async function bundle(directory: string): Promise<OutputChunk[]> {
  const build = await rolldown({
    cwd: ROOT,
    input: Object.fromEntries(ENTRIES.map((name) => [name, `engine/${name}.ts`])),
    platform: 'node',
    external: [/^node:/, ...KEPT],
    resolve: { alias: AS_MODULES },
    plugins: [placesOfModules],
    onLog: (_level, { message }) => {
      throw new Error(message);
    },
  });
  const { output } = await build.write({
    dir: join(directory, 'engine'),
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name].js',
    comments: { legal: true, annotation: false, jsdoc: false },
    // Read by Node only if it is told to. Sources lie where they would lie in the package.
    sourcemap: true,
    sourcemapPathTransform: (path) => path.replace('../../', ''),
  });
  await build.close();
  return output.filter((one) => one.type === 'chunk');
}

const META = /import\.meta\.(\w+)(?:\(["'`]([^"'`]+)["'`]\))?/g;

/**
 * `import.meta.url` of a module stays the place where the module would be, whichever file it ends in:
 * what it looks for by a path from there (bin.js, pipelines/, infra/) is the same as in a checkout.
 * Noted module by module, put in when the file is known.
 */
const placesOfModules: Plugin = {
  name: 'places-of-modules',
  transform(code, id) {
    if (id.startsWith('\0') || !code.includes('import.meta.url')) return null;
    const place = posix.relative(ROOT, id).replace(/\.ts$/, '.js');
    return { code: code.replaceAll('import.meta.url', `import.meta.of('${place}')`), map: null };
  },
  renderChunk(code, { fileName }) {
    const from = posix.dirname(posix.join('engine', fileName));
    const placed = code.replaceAll(META, (found, name: string, place: string | undefined) => {
      if (name !== 'of' || place === undefined) throw new Error(`${fileName}: ${found} would move`);
      return `new URL('${posix.relative(from, place)}', import.meta.url).href`;
    });
    // Lines stay lines, so the source map does.
    return placed === code ? null : { code: placed, map: null };
  },
};
