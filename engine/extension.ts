/**
 * What a module of extensions imports: nothing else of the engine comes with it into the worker
 * threads.
 */
export {
  type AggregateDefinition,
  type Extension,
  type StageDefinition,
  type Value,
  defineAggregate,
  defineStage,
} from './core/extension/define.ts';
