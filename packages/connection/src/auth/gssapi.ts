import types from 'node:util/types'
import type { SaslExchange, SaslMechanism, SaslServer, SaslStep } from './mechanism.ts'
import type { GssapiOptions, KerberosClient, KerberosModule } from './sasl-options.ts'

/** The bit of a server's offer, and of a client's choice, that stands for messages without protection (RFC 4752, 3.3). */
const NO_PROTECTION = 1
/** The choice of no protection: no message is longer than 0 bytes then, and the identity is that of the ticket. */
const CHOICE = Buffer.from([NO_PROTECTION, 0, 0, 0])
/** Mutual authentication, and the order of messages. */
const FLAGS = 2 | 8
/** The object identifier of Kerberos 5, as the module numbers it. */
const KERBEROS_5 = 9

/** Makes the mechanism GSSAPI: Kerberos 5, through the module `kerberos`. */
export function gssapi(options: GssapiOptions): SaslMechanism {
  const { service = 'zookeeper', principal, hostname } = options
  return {
    name: 'GSSAPI',
    principal,
    async start({ host }: SaslServer): Promise<SaslExchange> {
      const { initializeClient } = options.kerberos ?? (await load())
      const name = typeof hostname === 'function' ? hostname(host) : (hostname ?? host)
      const client = await initializeClient(`${service}@${name}`, {
        gssFlag: FLAGS,
        mechOID: KERBEROS_5,
        ...(principal === undefined ? {} : { principal }),
      })
      return new GssapiExchange(client)
    },
  }
}

/** Loads the module that an application installs if it needs it: it is native code. */
async function load(): Promise<KerberosModule> {
  // A name that no bundler follows: the module is optional.
  const name: string = 'kerberos'
  try {
    const loaded = (await import(name)) as { default?: KerberosModule } & KerberosModule
    return loaded.default ?? loaded
  } catch (cause) {
    const reason = types.isNativeError(cause) ? cause.message.split('\n', 1)[0] : String(cause)
    const message = `GSSAPI needs the package \`kerberos\` with its native part: install it (npm install kerberos); ${reason}`
    throw new Error(message, { cause })
  }
}

class GssapiExchange implements SaslExchange {
  readonly #client: KerberosClient

  constructor(client: KerberosClient) {
    this.#client = client
  }

  get principal(): string | undefined {
    return this.#client.username || undefined
  }

  async step(challenge: Uint8Array): Promise<SaslStep> {
    const input = Buffer.from(challenge).toString('base64')
    if (this.#client.contextComplete) return { token: await this.#choose(input), isLast: true }
    const output = await this.#client.step(input)
    return { token: Buffer.from(output ?? '', 'base64'), isLast: false }
  }

  /** Answers the server's offer of protections: none is needed, for ZooKeeper protects messages by TLS. */
  async #choose(input: string): Promise<Buffer> {
    const offer = Buffer.from((await this.#client.unwrap(input)) ?? '', 'base64')
    if (offer.length !== 4 || (offer[0]! & NO_PROTECTION) === 0) {
      throw new Error('the server demands protected messages, which ZooKeeper does not have')
    }
    return Buffer.from(await this.#client.wrap(CHOICE.toString('base64')), 'base64')
  }

  /** Does nothing: the server has proved its identity in the steps before, or the context would not be complete. */
  verify(): void {}
}
