import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

/** What a process loads that imports a module of the engine, the hooks in place. */
function loadedWith(script: string): string[] {
  const program = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
    const { resolveOwnImports } = await import('./own-imports.ts');
    resolveOwnImports();
    ${script}
    console.log(JSON.stringify(loaded));`;
  const args = ['--input-type=module', '-e', program];
  const said = execFileSync(process.execPath, args, { cwd: import.meta.dirname, encoding: 'utf8' });
  return JSON.parse(said) as string[];
}

describe('imports of the engine', () => {
  it('read RxJS as one file, which works', () => {
    const loaded = loadedWith(`
      const { openLedger } = await import('./graph/credit.ts');
      if (typeof openLedger !== 'function') throw new Error('no ledger');`);
    const rxjs = loaded.filter((url) => url.includes('/node_modules/rxjs/'));
    expect(rxjs).toEqual([expect.stringMatching(/\/dist\/bundles\/rxjs\.umd\.js$/)]);
  });

  it('find what lies beside them, and say so of what does not', () => {
    const loaded = loadedWith(`await import('./core/row-key.ts');`);
    expect(loaded.filter((url) => url.includes('/engine/core/')).length).toBeGreaterThan(1);
    expect(() => loadedWith(`await import('./core/nothing.ts');`)).toThrow('core/nothing.ts');
  });
});
