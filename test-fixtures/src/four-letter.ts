import { connect } from 'node:net'

/** The role of a server, as the `Mode:` line of `srvr` prints it. */
export type ServerMode = 'standalone' | 'leader' | 'follower' | 'observer' | 'read-only'

const MODES: ReadonlySet<string> = new Set(['standalone', 'leader', 'follower', 'observer', 'read-only'])

/**
 * Sends one four-letter word and returns all that the server answers before it closes.
 *
 * @param timeout milliseconds for the whole exchange
 * @throws Error when the connection fails or the time is over
 */
export function fourLetterWord(host: string, port: number, word: string, timeout = 2_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    const chunks: Buffer[] = []
    const timer = setTimeout(
      () => socket.destroy(new Error(`no answer to '${word}' in ${timeout} ms`)),
      timeout,
    )
    socket.on('connect', () => socket.write(word))
    socket.on('data', chunk => chunks.push(chunk))
    socket.on('error', reject)
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(Buffer.concat(chunks).toString('utf8'))
    })
  })
}

/** Tells whether a server accepts connections there. */
export function isListening(host: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host, port })
    socket.on('connect', () => socket.destroy())
    socket.on('error', () => {})
    socket.on('close', hadError => resolve(!hadError))
  })
}

/** Reads the mode in an answer to `srvr`; undefined while the server serves nobody. */
export function parseMode(srvr: string): ServerMode | undefined {
  const mode = /^Mode: (.+)$/m.exec(srvr)?.[1]?.trim()
  return mode !== undefined && MODES.has(mode) ? (mode as ServerMode) : undefined
}

/** Reads the version in an answer to `srvr`, such as `3.8.0`; undefined if there is none. */
export function parseVersion(srvr: string): string | undefined {
  return /^Zookeeper version: (\d+\.\d+\.\d+)/m.exec(srvr)?.[1]
}
