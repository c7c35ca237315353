import type { ChangeKind, LiveMode } from '../protocol.ts'

/** Receivers of what happens in the tree. */
export interface TreeListener {
  change(path: string, kind: Exclude<ChangeKind, 'below'>): void
  resync(reason: string): void
  live(mode: LiveMode, note: string | null): void
  /** Returns the znodes that some page shows, for the poller. */
  shown(): { readonly folders: ReadonlySet<string>; readonly znodes: ReadonlySet<string> }
}

/** Resolves after some milliseconds, or when the signal is aborted. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, milliseconds)
    signal.addEventListener('abort', end)
  })
}
