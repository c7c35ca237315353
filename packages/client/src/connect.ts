import { formatServer, type ServerAddress, Session, whenAborted, ZooKeeperError } from '@zookit/connection'
import { ensurePath } from './ensure-path.ts'
import { surplus, withSubject } from './invalid-argument.ts'
import { type ConnectOptions, type Ensemble, resolveOptions, type Settings } from './options.ts'
import { Requests } from './requests.ts'
import { ZooKeeper } from './zookeeper.ts'

/**
 * Connects to a ZooKeeper ensemble.
 *
 * @param to a connect string such as `zk1:2181,zk2:2181/app` (the part from the `/` on is the chroot) or
 *   `dns-srv://zk.example.com`, or `{ servers: [{ host, port }], chroot }`.
 * @param options see `ConnectOptions`; all of them are optional.
 * @returns a connected client, whose credentials the server has accepted. Close it, or declare it with `await using`.
 * @throws ZooKeeperError; no connection or session is left open:
 *   - BAD_ARGUMENTS: an option or the connect string is invalid; the message names it and says why.
 *   - CONNECT_FAILED: no connection within `connectTimeout`. The message has the last failure of each server; `cause` is the
 *     last of all. It is retryable unless no server can be reached before something is changed, such as a certificate.
 *   - ABORTED: `signal` was aborted.
 *   - AUTH_FAILED: the server refused a credential, or the SASL identity; or it has no SASL, or could not prove its own identity.
 *   - INSECURE_AUTH: a password would cross a network in clear text.
 *   - SESSION_EXPIRED: the session that `options.session` names does not exist any more, or its password is wrong.
 *   - NO_AUTH, INVALID_ACL, NOT_READ_ONLY, REQUEST_TIMEOUT: with `createChroot`, the chroot could not be created.
 */
export async function connect(to: string | Ensemble, options: ConnectOptions = {}): Promise<ZooKeeper> {
  if (arguments.length > 2) return await surplus('connect', 2)
  const settings = settingsOf(to, options)
  if (settings.signal?.aborted) throw aborted(settings.signal)
  const begun = settings.environment.now()
  const session = new Session(settings.session)
  try {
    await established(session, settings)
    if (settings.createChroot) await createChroot(session, settings, begun)
  } catch (error) {
    await session.close()
    throw error
  }
  return new ZooKeeper(session, settings.requests)
}

function settingsOf(to: string | Ensemble, options: ConnectOptions): Settings {
  try {
    return resolveOptions(to, options)
  } catch (error) {
    throw withSubject(error, 'connect')
  }
}

/** Resolves when the session is connected and has its credentials. Rejects when it ends, or after `connectTimeout`. */
function established(session: Session, settings: Settings): Promise<void> {
  const { auth, signal, connectTimeout, environment } = settings
  const failures = new LastFailures()
  return new Promise<void>((resolve, reject) => {
    const onFailed = (error: ZooKeeperError, server: ServerAddress | null) => {
      if (error.code === 'INSECURE_AUTH') reject(error)
      else failures.add(error, server)
    }
    // An expired session is renewed by default. A caller that takes a session over must not get a new one instead.
    const onState = () => {
      if (session.state === 'expired') reject(new ZooKeeperError('SESSION_EXPIRED', { operation: 'connect' }))
    }
    const onAbort = () => reject(aborted(signal!))
    const onTimeout = () => reject(tooLate(connectTimeout, failures))
    const timer = connectTimeout < Infinity ? environment.setTimer(onTimeout, connectTimeout) : null
    session.on('attemptFailed', onFailed).on('state', onState)
    const ignore = signal && whenAborted(signal, onAbort)
    const credentials = auth.map(({ scheme, auth }) => session.addAuth(scheme, auth))
    Promise.all([session.ready(), ...credentials])
      .then(() => resolve(), reject)
      .finally(() => {
        timer?.cancel()
        session.off('attemptFailed', onFailed).off('state', onState)
        ignore?.()
      })
  })
}

/** Creates the chroot in the rest of the time that `connect` has. */
function createChroot(session: Session, settings: Settings, begun: number): Promise<void> {
  const { signal, connectTimeout, environment } = settings
  const left = Math.ceil(Math.max(connectTimeout - (environment.now() - begun), 1))
  return ensurePath(new Requests(session, settings.requests), '/', { signal, timeout: left })
}

/** The last failure of each server. */
class LastFailures {
  readonly #byServer = new Map<string, ZooKeeperError>()

  add(error: ZooKeeperError, server: ServerAddress | null): void {
    const name = server === null ? '' : formatServer(server)
    // The newest failure stands last.
    this.#byServer.delete(name)
    this.#byServer.set(name, error)
  }

  /** The failures, oldest first. */
  get all(): readonly ZooKeeperError[] {
    return [...this.#byServer.values()]
  }
}

/** Tells a failure, without the code where it is that of the whole. */
function tell({ code, message, explanation }: ZooKeeperError): string {
  return code === 'CONNECT_FAILED' ? explanation : message
}

function tooLate(timeout: number, failures: LastFailures): ZooKeeperError {
  const { all } = failures
  const what = all.length > 1 ? 'the last failure of each server' : 'the last failure'
  const reasons = all.length === 0 ? '' : `; ${what}: ${all.map(tell).join('; ')}`
  const message = `not connected within ${timeout} ms${reasons}`
  const retryable = all.length === 0 || all.some(error => error.retryable)
  return new ZooKeeperError('CONNECT_FAILED', { message, operation: 'connect', retryable, cause: all.at(-1) })
}

function aborted(signal: AbortSignal): ZooKeeperError {
  return new ZooKeeperError('ABORTED', { message: 'aborted', operation: 'connect', cause: signal.reason })
}
