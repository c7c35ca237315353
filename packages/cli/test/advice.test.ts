import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { zookit } from './support/program.ts'

describe('The advice of a command that failed', () => {
  it('names the version of the ACL where that is the wrong one', async () => {
    await using server = await TestServer.start({ seed: { app: '' } })
    const { code, err } = await zookit([
      '--hosts',
      server.hosts,
      'setAcl',
      '-v',
      '99',
      '/app',
      'world:anyone:r',
    ])
    expect(code).to.equal(3)
    expect(err).to.match(/BAD_VERSION.*\n.*`getAcl -s`.*aclVersion/)
  })

  it('says that the servers which join must run before a reconfig', async () => {
    await using server = await TestServer.start({ seed: { app: '' } })
    server.answerWith('reconfig', 'NEW_CONFIG_NO_QUORUM')
    const added = 'server.4=zk4:2888:3888;2181'
    const { code, err } = await zookit(['--hosts', server.hosts, 'reconfig', '-add', added])
    expect(code).to.equal(3)
    expect(err).to.match(/NEW_CONFIG_NO_QUORUM.*\n.*start the servers that are to join/)
  })
})
