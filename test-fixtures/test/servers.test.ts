import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type ConnectionOptions, connect } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import {
  authorityPem,
  certificate,
  findTargets,
  fourLetterWord,
  type ServerStartError,
} from '../src/index.ts'

/** Waits until the port refuses connections: the end of a server may take a moment. */
async function isClosed(port: number): Promise<boolean> {
  for (let attempt = 0; attempt < 1_000; attempt++) {
    const socket = connectTcp({ host: '127.0.0.1', port })
    const refused = await once(socket, 'connect').then(
      () => false,
      () => true,
    )
    socket.destroy()
    if (refused) return true
    await new Promise(resolve => setTimeout(resolve, 25))
  }
  return false
}

for (const target of await findTargets()) {
  describe(`a real server: ${target.name}`, function () {
    this.timeout(60_000)

    it('serves alone, does nothing while frozen, and comes back on the same port after a kill', async () => {
      await using server = await target.startServer()
      expect(await server.mode()).to.equal('standalone')
      expect(server.version).to.match(/^\d+\.\d+\.\d+$/)
      expect(await server.fourLetter('conf'))
        .to.contain('tickTime=200')
        .and.contain('maxSessionTimeout=60000')
      await server.pause()
      expect(await fourLetterWord(server.host, server.port, 'srvr', 300).catch(String)).to.contain(
        'no answer',
      )
      await server.resume()
      expect(await server.mode()).to.equal('standalone')
      await server.kill()
      expect(await isClosed(server.port)).to.equal(true)
      await server.restart()
      expect(await server.mode()).to.equal('standalone')
      expect(await server.log()).to.contain(String(server.port))
    })

    // The data of a server in a container are out of reach.
    if (target.kind === 'java')
      it('comes back after a kill in the moment in which it made a log', async () => {
        await using server = await target.startServer()
        const [, folder = ''] = /^dataLogDir=(.*)$/m.exec(await server.fourLetter('conf')) ?? []
        await server.kill()
        writeFileSync(join(folder, 'log.ffffffff'), '')
        await server.restart()
        expect(await server.mode()).to.equal('standalone')
      })

    it('does not exist once it is stopped, and reports that when it is started again', async () => {
      const server = await target.startServer()
      await server.stop()
      await server.stop()
      expect(await isClosed(server.port)).to.equal(true)
      expect(await server.restart().catch(String)).to.contain('stopped permanently')
    })

    it('that cannot start is reported with its log', async () => {
      const error: ServerStartError = await target.startServer({ config: { tickTime: 'often' } }).then(
        () => expect.fail('started'),
        reason => reason,
      )
      expect(error.message).to.contain('NumberFormatException')
    })

    it('takes TLS connections, and only with a certificate of the client if it needs one', async () => {
      await using server = await target.startServer({ tls: { clientAuth: 'need' } })
      const visit = (more: ConnectionOptions): Promise<string> => {
        const { host, securePort: port } = server
        const socket = connect({ host, port: port as number, ca: authorityPem(), ...more })
        socket.on('error', () => {})
        socket.write('srvr')
        return text(socket).catch(error => error.code)
      }
      expect(await visit(certificate('client'))).to.contain('Mode: standalone')
      expect(await visit({})).not.to.contain('Mode')
      expect(await visit(certificate('stranger'))).not.to.contain('Mode')
    })

    it('ensemble elects another leader when its leader is killed', async () => {
      await using ensemble = await target.startEnsemble({ readOnlyMode: true })
      const leader = await ensemble.leader()
      const [one, two] = await ensemble.followers()
      await leader.kill()
      expect([one?.id, two?.id]).to.include((await ensemble.leader()).id)
      await leader.restart()
      await ensemble.waitForQuorum()
      expect(await leader.mode()).to.equal('follower')
      await one?.kill()
      await two?.pause()
      expect(await ensemble.waitForQuorum().catch(String)).to.contain('1 of 3')
    })
  })

  describe('the servers of a test run that dies', function () {
    this.timeout(60_000)

    it('die with it', async () => {
      const script = fileURLToPath(new URL('abandoned-server.ts', import.meta.url))
      const run = spawn(process.execPath, ['--import=tsx', script], { stdio: ['ignore', 'pipe', 'inherit'] })
      const [port] = await once(run.stdout, 'data')
      run.kill('SIGKILL')
      expect(await isClosed(Number(port))).to.equal(true)
    })
  })
}
