/** Ends this process in good order at the signals that ask for its end, so that nothing stays on the machine. */
export function endAtSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
}
