/** The errors of a run that nobody has caught. */
export interface StrayErrors {
  /** The first of them, or null. */
  readonly first: unknown
  /** Stops recording: later errors end the process again. */
  stop(): void
}

/** Records unhandled rejections and uncaught exceptions, which would end the process, until `stop`. */
export function strayErrors(): StrayErrors {
  let first: unknown = null
  const note = (error: unknown): void => void (first ??= error ?? new Error('something threw nothing'))
  process.on('unhandledRejection', note)
  process.on('uncaughtException', note)
  return {
    get first() {
      return first
    },
    stop() {
      process.off('unhandledRejection', note)
      process.off('uncaughtException', note)
    },
  }
}
