/** The public API. */
export type { Extensions } from './core/extension/load.ts';
export { loadExtensions } from './core/extension/load.ts';
export { EngineError, type ErrorCode } from './errors.ts';
export * from './extension.ts';
export type { Plan } from './plan/planner.ts';
export { compile, type Compiled, type CompileOptions } from './run/compile.ts';
export type { Progress } from './run/progress.ts';
export { run, type RunSettings } from './run/start.ts';
export type { Summary } from './run/summary.ts';
export type { Diagnostic } from './spec/diagnostic.ts';
