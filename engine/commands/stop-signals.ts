/** Ctrl-C and SIGTERM of commands that run until they are stopped. */

/**
 * The first signal aborts `stop`, with its name as the reason, after `onStop`; a second one quits at
 * once. Returns what ends listening.
 */
export function stopOnSignals(stop: AbortController, onStop: () => void): () => void {
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stop.signal.aborted) process.exit(signal === 'SIGINT' ? 130 : 143);
    onStop();
    stop.abort(signal);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return () => {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  };
}
