import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:tls'
import { expect } from 'chai'
import { authorityPem, type CertificateName, certificate } from '../src/index.ts'

/** Connects to a server that shows the certificate; the error code of the refusal, or `accepted`. */
async function visit(name: CertificateName, host: string): Promise<string> {
  const server = createServer(certificate(name))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect({
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    ...(host === 'localhost' && { servername: host }),
    ca: authorityPem(),
  })
  try {
    await once(socket, 'secureConnect')
    return 'accepted'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  } finally {
    socket.destroy()
    server.close()
  }
}

describe('the throw-away certificates', () => {
  it('has one that is good for localhost and for 127.0.0.1', async () => {
    expect(await visit('server', '127.0.0.1')).to.equal('accepted')
    expect(await visit('server', 'localhost')).to.equal('accepted')
  })

  it('has one for another host', async () => {
    expect(await visit('wrong-host', 'localhost')).to.equal('ERR_TLS_CERT_ALTNAME_INVALID')
  })

  it('has one that names localhost and no address', async () => {
    expect(await visit('no-ip-name', 'localhost')).to.equal('accepted')
    expect(await visit('no-ip-name', '127.0.0.1')).to.equal('ERR_TLS_CERT_ALTNAME_INVALID')
  })

  it('has one that has expired', async () => {
    expect(await visit('expired', 'localhost')).to.equal('CERT_HAS_EXPIRED')
  })

  it('has one of an authority that is not trusted', async () => {
    expect(await visit('stranger', 'localhost')).to.equal('UNABLE_TO_VERIFY_LEAF_SIGNATURE')
  })
})
