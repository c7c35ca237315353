import { type ChildProcess, spawn } from 'node:child_process'

/**
 * Ends a process and removes its directory when this process is gone for any reason, SIGKILL included: the pipe
 * to the watchdog's standard input closes then, and `read` returns.
 */
const WATCHDOG = 'read -r line; [ "$line" = over ] || { kill -9 "$1"; rm -rf "$2"; }'

/** Ends another process and removes its directory when this process is gone. `over` on its standard input cancels that. */
export function watch(pid: number, directory: string): ChildProcess {
  const watchdog = spawn('sh', ['-c', WATCHDOG, 'watchdog', String(pid), directory], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  watchdog.unref()
  watchdog.stdin?.on('error', () => {})
  const pipe = watchdog.stdin as { unref?: () => void } | null
  pipe?.unref?.()
  return watchdog
}
