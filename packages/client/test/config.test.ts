import { expect } from 'chai'
import { parseConfig } from '../src/config.ts'

describe('The configuration of an ensemble', () => {
  it('is parsed from the text of a 3.8.0 ensemble', () => {
    const text = [
      'server.1=127.0.0.1:15954:15400:participant;127.0.0.1:12440',
      'server.2=127.0.0.1:28702:25389:participant;127.0.0.1:30958',
      'server.4=127.0.0.1:21899:12496:observer;127.0.0.1:20916',
      'version=100000a2f',
    ].join('\n')
    const { members, version } = parseConfig(text)
    expect(version).to.equal(0x100000a2fn)
    expect(members.map(member => member.id)).to.deep.equal([1, 2, 4])
    expect(members[0]).to.deep.equal({
      id: 1,
      peers: [{ host: '127.0.0.1', quorumPort: 15954, electionPort: 15400 }],
      role: 'participant',
      client: { host: '127.0.0.1', port: 12440 },
      secureClient: null,
    })
    expect(members[2]?.role).to.equal('observer')
  })

  it('has no members and version 0 on a standalone server, where the text is empty', () => {
    expect(parseConfig('')).to.deep.equal({ members: [], version: 0n })
  })

  it('may have IPv6 addresses in brackets', () => {
    const { members } = parseConfig('server.1=[::1]:2888:3888:participant;[0:0:0:0:0:0:0:0]:2181\nversion=0')
    expect(members[0]?.peers).to.deep.equal([{ host: '::1', quorumPort: 2888, electionPort: 3888 }])
    expect(members[0]?.client).to.deep.equal({ host: '0:0:0:0:0:0:0:0', port: 2181 })
  })

  it('may omit the role and the client address, or have a client port alone', () => {
    const clients = (value: string) => {
      const member = parseConfig(`server.1=zk1:2888:3888${value}`).members[0]
      return [member?.role, member?.client, member?.secureClient]
    }
    expect(clients('')).to.deep.equal(['participant', null, null])
    expect(clients(':OBSERVER')).to.deep.equal(['observer', null, null])
    expect(clients(';2181')).to.deep.equal(['participant', { host: '0.0.0.0', port: 2181 }, null])
    expect(clients(':observer;;zk1:2281')).to.deep.equal(['observer', null, { host: 'zk1', port: 2281 }])
    expect(clients(';zk1:2181;2281')).to.deep.equal([
      'participant',
      { host: 'zk1', port: 2181 },
      { host: '0.0.0.0', port: 2281 },
    ])
  })

  it('may give a member several addresses', () => {
    const { members } = parseConfig('server.1=a:2888:3888:observer|[::1]:2889:3889:observer;0.0.0.0:2181')
    expect(members[0]?.peers).to.deep.equal([
      { host: 'a', quorumPort: 2888, electionPort: 3888 },
      { host: '::1', quorumPort: 2889, electionPort: 3889 },
    ])
  })

  it('is parsed with any other lines in it', () => {
    const text = 'group.1=1:2\r\nweight.1=1\r\n server.1 = a:1:2:participant \r\nsomething\r\n\r\nversion=ff'
    const { members, version } = parseConfig(text)
    expect([members.length, version]).to.deep.equal([1, 255n])
  })

  it('is refused with the number of the line that is malformed', () => {
    for (const line of [
      'server.1=',
      'server.1=a',
      'server.1=a:2888',
      'server.1=:2888:3888',
      'server.1=a:2888:3888:leader',
      'server.1=a:2888:3888:observer:x',
      'server.1=a:x:3888',
      'server.1=a:2888:0',
      'server.1=a:2888:65536',
      'server.1=a:2888:38x8',
      'server.x=a:2888:3888',
      'server.=a:2888:3888',
      'server.1=[::1:2888:3888',
      'server.1=[::1]2888:3888',
      'server.1=a:2888:3888;b',
      'server.1=a:2888:3888;b:0',
      'server.1=a:2888:3888;b:1:2',
      'server.1=a:2888:3888;;:2281',
      'server.1=a:2888:3888;1;2;3',
      'server.1=a:2888:3888:observer|b:2888:3888:participant',
      'server.1=a:2888:3888|',
      'version=',
      'version=xyz',
      'version=11112222333344445',
    ]) {
      expect(() => parseConfig(`server.9=a:2888:3888\n${line}`), line).to.throw(SyntaxError, /line 2/)
    }
  })

  it('is refused without repeating an endless line', () => {
    expect(() => parseConfig(`server.1=${'x'.repeat(1e6)}`))
      .to.throw()
      .with.property('message')
      .with.lengthOf.below(300)
  })
})
