/** Everything a graph is made of. */
import type { Observable } from 'rxjs';
import type { Plan } from '../plan/planner.ts';
import type { DeadLetter } from '../../workers/protocol.ts';
import type { Acknowledgements } from './acknowledgements.ts';
import type { Ledger } from './credit.ts';
import type { DedupRuntime } from './dedup-state.ts';
import type { DeadLetterPort, PoolPort, SinkPort, SourceEvent } from './ports.ts';
import type { SourceRuntime } from './source-flow.ts';
import type { Tally } from './tally.ts';
import type { WindowRuntime } from './window-flow.ts';

/** The plan, its runtimes and the ports. */
export interface GraphParts {
  readonly plan: Plan;
  readonly pool: PoolPort;
  readonly sources: readonly (SourceRuntime & {
    /** The port's events, ended early by a stop; `finished` last if the source ended by itself. */
    readonly events$: Observable<SourceEvent | { readonly kind: 'finished' }>;
  })[];
  readonly windows: readonly WindowRuntime[];
  readonly dedups: readonly DedupRuntime[];
  /** In the order of plan.sinks. */
  readonly sinks: readonly SinkPort[];
  readonly deadLetters: DeadLetterPort;
  readonly ledger: Ledger;
  readonly acks: Acknowledgements;
  readonly tally: Tally;
  /** Takes a snapshot; resolves when it is on disk. */
  readonly durable: () => Promise<void>;
  /** Emits every so many ms of processing time, for provisional rows (W5). */
  readonly ticks$: (everyMs: number) => Observable<unknown>;
  /** Called for every batch of dead letters before it is written; throws to end the run. */
  readonly onLetters: (letters: readonly DeadLetter[]) => void;
}
