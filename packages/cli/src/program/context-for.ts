import type { LazyClient } from '../target/client.ts'
import { timeoutOf } from '../target/target.ts'
import { printable, toJson } from '../text/printable.ts'
import type { Catalog, Context, ShellControls } from './context.ts'
import type { GlobalOptions } from './global-options.ts'
import type { Io } from './io.ts'
import { Output } from './output.ts'
import { tellState } from './told-state.ts'

/** Parts of a context. */
interface ContextParts {
  readonly io: Io
  readonly globals: GlobalOptions
  readonly client: LazyClient
  readonly catalog: Catalog
  readonly signal: AbortSignal
  readonly shell: (ShellControls & Pick<Context, 'announce' | 'withTerminal'>) | null
}

/** Makes the context of a command. */
export function contextFor(parts: ContextParts): Context {
  const { io, globals, client, catalog, signal, shell } = parts
  const out = new Output(io.stdout, globals.json, hasColors(io, globals))
  const note = (text: string): void =>
    void io.stderr.write(globals.json ? `${toJson({ note: text })}\n` : `${printable(text)}\n`)
  return {
    io,
    out,
    globals,
    catalog,
    signal,
    shell,
    limits: { signal, timeout: timeoutOf(globals) },
    client: () => client.get(signal),
    target: () => client.target(),
    connectTo: hosts => client.moveTo(hosts),
    disconnect: () => client.close(),
    note,
    announce: (value, text) => (shell === null ? out.result(value, () => text) : shell.announce(value, text)),
    withTerminal: use => (shell === null ? use() : shell.withTerminal(use)),
    stay: done => (shell === null ? stayTold(signal, client, note, done) : Promise.resolve()),
  }
}

function hasColors({ stdout, env }: Io, { color = 'auto', json }: GlobalOptions): boolean {
  if (json || color === 'never') return false
  return color === 'always' || (stdout.isTTY === true && env.NO_COLOR === undefined && env.TERM !== 'dumb')
}

/** Stays, and tells of a lost connection meanwhile if there is one. */
async function stayTold(
  signal: AbortSignal,
  client: LazyClient,
  note: Context['note'],
  done: Promise<void> | undefined,
): Promise<void> {
  const zk = await client.current
  using _told = zk && tellState({ shell: null, note }, zk)
  await endOf(signal, done)
}

/** Resolves when the user ends the command, or when it is done. */
function endOf(signal: AbortSignal, done: Promise<void> | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
    done?.then(resolve, reject)
  })
}
