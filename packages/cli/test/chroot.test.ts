import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { zookit } from './support/program.ts'

describe('A chroot that does not exist', () => {
  let server: TestServer
  before(async () => {
    server = await TestServer.start()
  })
  after(() => server.stop())

  for (const line of ['create /a x', 'create /a/b/c x', 'ls /', 'set /a x', 'mv /a /b', 'tree /']) {
    it(`is named, with the command that creates it: ${line}`, async () => {
      const { err, code } = await zookit(['--hosts', `${server.hosts}/no/chroot`, ...line.split(' ')])
      expect(err).to.match(/: the chroot \/no\/chroot does not exist\n/)
      expect(err).to.include(`\`zookit --hosts ${server.hosts} create -p /no/chroot\``)
      expect(code).to.equal(4)
    })
  }

  it('is created by that command, and with the parents of a znode below it', async () => {
    for (const path of ['/a', '/b/c']) {
      const chroot = `/made/for${path.replaceAll('/', '-')}`
      const made = await zookit(['--hosts', `${server.hosts}${chroot}`, 'create', '-p', path, 'x'])
      expect(made).to.include({ err: '', code: 0 })
      expect(server.dump()).to.have.property(`${chroot}${path}`, 'x')
    }
    const created = await zookit(['--hosts', server.hosts, 'create', '-p', '/no/chroot'])
    expect(created).to.include({ err: '', code: 0 })
    expect(await zookit(['--hosts', `${server.hosts}/no/chroot`, 'ls', '/'])).to.include({ err: '', code: 0 })
  })
})
