/** Dead letters on their way to where they are kept. */
import type { DeadLetter } from '../../workers/protocol.ts';

/** Letters that are written together. */
export interface LetterBatch {
  readonly letters: readonly DeadLetter[];
  /** True when the tally has counted them already. */
  readonly isCounted: boolean;
  /** Called once they are acknowledged. */
  readonly onWritten?: () => void;
}
