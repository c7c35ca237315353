import { expect } from 'chai'
import { Mutex } from '../src/index.ts'
import { settle, TestBed, until } from './support/test-bed.ts'

/** So large that its create is sent one at a time once a connection was lost over it. */
const data = Buffer.alloc(2000)

describe('Contenders with large data, whose creates are sent one at a time after a loss', () => {
  it('Z4 leave nothing behind when the session ends before their turn to be sent', async () => {
    const names = ['a', 'b', 'c', 'd']
    await using bed = await TestBed.start({
      seed: { lock: Object.fromEntries(names.map(name => [name, ''])) },
    })
    const zk = await bed.client()
    const { id } = zk.session
    let losses = 0
    zk.on('state', state => {
      // By now the create of the first one is lost for the second time, and that of the second one waits for a connection.
      if (state === 'suspended' && ++losses === 2) bed.server.expireSession(id)
    })
    bed.server.dropNextRequest('create2')
    const acquiring = names.map(name => new Mutex(zk, `/lock/${name}`, { data, jitter: 0 }).acquire())
    const all = Promise.allSettled(acquiring)
    await until('the first loss', () => losses === 1)
    bed.server.dropNextRequest('create2')
    const [first, ...others] = await all
    expect(first).to.have.nested.property('reason.code', 'REQUEST_TOO_LARGE')
    expect(others.map(({ status }) => status)).to.deep.equal(['fulfilled', 'fulfilled', 'fulfilled'])
    expect(zk.session.id).not.to.equal(id)
    const contenders = bed.names('/lock').filter(name => name.includes('/'))
    expect(contenders).to.have.length(3)
  })

  it('keep their place in the line, though the listing was sent before the create', async () => {
    await using bed = await TestBed.start({ seed: { lock: { a: '', b: '' } } })
    const zk = await bed.client()
    bed.server.dropNextRequest('create2')
    const acquiring = ['a', 'b'].map(name => new Mutex(zk, `/lock/${name}`, { data, jitter: 0 }).acquire())
    for (const lock of await Promise.all(acquiring)) expect(lock.path).to.match(/-lock-0000000000$/)
    await settle()
    expect(bed.operations(zk)).not.to.include('delete')
  })
})
