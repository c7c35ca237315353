import { op } from '@zookit/jute'
import { expect } from 'chai'
import { type ServerVersion, TestEnsemble, TestServer } from '../../src/index.ts'
import { Latency } from '../../src/server/latency.ts'
import { addDigest, create } from '../support/helpers.ts'
import { exchange, RawClient } from '../support/raw-client.ts'

describe('Four-letter words of the in-memory server', () => {
  it('are answered at the start of a connection, which then closes', async () => {
    await using server = await TestServer.start({ version: '3.8.0', seed: { a: '', b: '' } })
    using client = await RawClient.open(server)
    await create(client, '/mine', { mode: 'ephemeral' })
    await client.call(op.getData, { path: '/a', watch: true })
    const ask = async (word: string): Promise<string> => (await exchange(server, word)).toString()
    const id = `0x${client.sessionId.toString(16)}`
    expect(await ask('ruok')).to.equal('imok')
    expect(await ask('isro')).to.equal('rw')
    expect(await ask('srvr')).to.match(/^Zookeeper version: 3\.8\.0-.*\n/)
    expect(await ask('srvr'))
      .to.include('\nMode: standalone\n')
      .and.to.include('\nZxid: 0x4\n')
    expect(await ask('srvr')).to.include('\nNode count: 8\n')
    expect(await ask('stat')).to.include('\nClients:\n /127.0.0.1:')
    expect(await ask('mntr'))
      .to.include('zk_server_state\tstandalone\n')
      .and.to.include('zk_znode_count\t8\n')
    expect(await ask('conf')).to.include('tickTime=200\n')
    expect(await ask('cons')).to.include(`sid=${id}`)
    expect(await ask('dump')).to.include(`${id}:\n\t/mine\n`)
    expect(await ask('wchs')).to.equal('1 connections watching 1 paths\nTotal watches:1\n\n')
    expect(await ask('wchc')).to.equal(`${id}\n\t/a\n\n`)
    expect(await ask('wchp')).to.equal(`/a\n\t${id}\n\n`)
    expect(await ask('envi')).to.include('zookeeper.version=3.8.0')
    expect(await ask('srst')).to.equal('Server stats reset.\n')
    expect(await ask('crst')).to.equal('Connection stats reset.\n')
  })

  it('tell the time that requests take, as whole milliseconds but for the mean', async () => {
    const latency = new Latency()
    expect([latency.min, latency.average, latency.max]).to.deep.equal([0, '0.0', 0])
    for (const each of [1.75, 2.5, 7.9]) latency.add(each)
    expect([latency.min, latency.average, latency.max]).to.deep.equal([1, '4.05', 7])
    latency.add(3.85)
    expect(latency.average).to.equal('4.0')
    latency.reset()
    expect([latency.min, latency.average, latency.max]).to.deep.equal([0, '0.0', 0])

    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    const ask = async (word: string): Promise<string> => (await exchange(server, word)).toString()
    expect(await ask('srvr')).to.include('\nLatency min/avg/max: 0/0.0/0\n')
    for (let i = 0; i < 50; i++) await create(client, `/a${i}`)
    const [, srvr] = /\nLatency min\/avg\/max: 0\/(\d+\.\d+)\/\d+\n/.exec(await ask('srvr'))!
    expect(Number(srvr)).to.be.above(0)
    expect(await ask('mntr')).to.include(`zk_avg_latency\t${srvr}\n`)
    await ask('srst')
    expect(await ask('mntr')).to.include('zk_avg_latency\t0.0\n')
  })

  const first: Record<string, (client: RawClient, server: TestServer) => Promise<unknown>> = {
    'an addauth': client => addDigest(client, 'bob:x'),
    'a request that meets a fault'(client, server) {
      server.answerWith('getData', 'NO_AUTH')
      return client.ask(op.getData, { path: '/', watch: false })
    },
  }
  for (const [name, ask] of Object.entries(first)) {
    it(`tell the time of ${name}, not that since the server began`, async () => {
      await using server = await TestServer.start()
      using client = await RawClient.open(server)
      await exchange(server, 'srst')
      const begun = performance.now()
      await ask(client, server)
      const srvr = (await exchange(server, 'srvr')).toString()
      const [, max] = /\nLatency min\/avg\/max: \S+\/(\d+)\n/.exec(srvr)!
      expect(Number(max)).to.be.at.most(performance.now() - begun)
    })
  }

  it('tell the time for which the server has served, from 3.6 on', async () => {
    await using server = await TestServer.start()
    const uptime = async (): Promise<number> =>
      Number(/\nzk_uptime\t(\d+)\n/.exec((await exchange(server, 'mntr')).toString())?.[1])
    server.freezeTime()
    const before = await uptime()
    server.advance(5000)
    expect(await uptime()).to.equal(before + 5000)
    await server.restart()
    expect(await uptime()).to.be.below(5000)
    await using old = await TestServer.start({ version: '3.5' })
    expect((await exchange(old, 'mntr')).toString()).not.to.include('zk_uptime')
  })

  // The lines are those of Apache's servers 3.4.14, 3.5.10, 3.6.4, 3.7.2, 3.8.0 and 3.9.5.
  it('print the configuration and the build date as the release does', async () => {
    const first = ['clientPort', 'dataDir', 'dataLogDir', 'tickTime', 'maxClientCnxns']
    const last = ['minSessionTimeout', 'maxSessionTimeout', 'serverId']
    const sized = ['clientPort', 'secureClientPort', 'dataDir', 'dataDirSize', 'dataLogDir', 'dataLogSize']
    const since35 = [...sized, 'tickTime', 'maxClientCnxns', ...last]
    const since36 = since35.toSpliced(-1, 0, 'clientPortListenBacklog')
    const keys: Record<string, string[]> = {
      '3.4': [...first, ...last],
      '3.5': since35,
      '3.6': since36,
      '3.9': since36,
    }
    for (const [release, expected] of Object.entries(keys)) {
      await using server = await TestServer.start({ version: release as ServerVersion })
      const lines = (await exchange(server, 'conf')).toString().trimEnd().split('\n')
      expect(
        lines.map(line => line.split('=')[0]),
        release,
      ).to.deep.equal(expected)
      expect(lines[0]).to.equal(`clientPort=${server.port}`)
      expect((await exchange(server, 'gtmk')).toString()).to.equal('306')
    }
    const members: Record<string, string[]> = {
      '3.4': [
        'initLimit=10',
        'syncLimit=5',
        'electionAlg=3',
        'electionPort=3888',
        'quorumPort=2888',
        'peerType=0',
      ],
      '3.9': ['electionPort=3888', 'quorumPort=2888', 'peerType=0', 'membership: '],
    }
    for (const [release, expected] of Object.entries(members)) {
      await using ensemble = await TestEnsemble.start({ version: release as ServerVersion, observers: 1 })
      const text = (await exchange(ensemble.member(1), 'conf')).toString()
      const [line, rest] = text.split('membership: \n') as [string, string?]
      expect(`${line}membership: \n`).to.include(`${expected.join('\n')}\n`)
      const specs = ensemble.members.map(({ spec }) => spec)
      expect(rest, release).to.equal(release === '3.4' ? undefined : [...specs, 'version=0'].join('\n'))
      expect((await exchange(ensemble.member(4), 'conf')).toString()).to.include('\npeerType=1\n')
    }
    const built = async (version: ServerVersion): Promise<string> => {
      await using server = await TestServer.start({ version })
      return /built on (.*)/.exec((await exchange(server, 'srvr')).toString())![1]!
    }
    expect(await built('3.6')).to.match(/^\d\d\/\d\d\/\d{4} \d\d:\d\d GMT$/)
    expect(await built('3.7')).to.match(/^\d{4}-\d\d-\d\d \d\d:\d\d UTC$/)
  })

  it('set the trace mask, which nothing depends on', async () => {
    await using server = await TestServer.start()
    const mask = Buffer.from('0000000000000102', 'hex')
    expect((await exchange(server, Buffer.concat([Buffer.from('stmk'), mask]))).toString()).to.equal('258')
    expect((await exchange(server, 'gtmk')).toString()).to.equal('258')
    expect((await exchange(server, 'stmk')).toString()).to.equal('')
  })

  it('that are not allowed are refused by name', async () => {
    await using server = await TestServer.start({ fourLetterWords: ['srvr'] })
    const answer = await exchange(server, 'stat')
    expect(answer.toString()).to.equal('stat is not executed because it is not in the whitelist.\n')
  })
})
