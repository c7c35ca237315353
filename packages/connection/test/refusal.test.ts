import { expect } from 'chai'
import { type Environment, nodeEnvironment, Session, type ZooKeeperError } from '../src/index.ts'

type Ending = { code: string; opened?: boolean; tls?: boolean }

/** Connections that end with a system error, before or after they stand. */
function ending({ code, opened }: Ending): Environment {
  return {
    ...nodeEnvironment,
    open(_, handler) {
      setImmediate(() => {
        if (opened) handler.onOpen()
        handler.onClose(Object.assign(new Error(`it ended with ${code}`), { code }))
      })
      return { write: () => 0, resume: () => {}, destroy: () => {} }
    },
  }
}

async function failureOf(how: Ending): Promise<ZooKeeperError> {
  const session = new Session({
    servers: [{ host: '127.0.0.1', port: 1 }],
    tls: how.tls ? {} : null,
    environment: ending(how),
  })
  const failure = await new Promise<ZooKeeperError>(resolve => session.on('attemptFailed', resolve))
  await session.close()
  return failure
}

describe('An attempt that fails', () => {
  const cases: [Ending, string][] = [
    [{ code: 'ECONNREFUSED' }, 'CONNECT_FAILED'],
    [{ code: 'ETIMEDOUT', tls: true }, 'CONNECT_FAILED'],
    // The server took the connection and closed it before this side knew that it stands.
    [{ code: 'EPIPE' }, 'HANDSHAKE_REFUSED'],
    [{ code: 'ECONNRESET' }, 'HANDSHAKE_REFUSED'],
    [{ code: 'ECONNRESET', opened: true }, 'HANDSHAKE_REFUSED'],
    [{ code: 'ECONNRESET', tls: true }, 'SSL_CONNECTION_ERROR'],
    [{ code: 'CERT_HAS_EXPIRED', tls: true }, 'SSL_CONNECTION_ERROR'],
    // In TLS 1.3 the server judges the client's certificate when the client's handshake is over.
    [{ code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', opened: true, tls: true }, 'SSL_CONNECTION_ERROR'],
  ]
  for (const [how, code] of cases) {
    const when = `${how.opened ? 'after' : 'before'} the ${how.tls ? 'TLS' : 'TCP'} connection stands`
    it(`H9 with ${how.code} ${when} is ${code}`, async () => {
      const failure = await failureOf(how)
      expect(failure).to.include({ code, outcome: 'not-sent' })
      expect(failure.message).to.contain('127.0.0.1:1').and.contain(how.code)
    })
  }
})
