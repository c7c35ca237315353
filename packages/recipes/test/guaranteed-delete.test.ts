import { expect } from 'chai'
import { GuaranteedDelete } from '../src/index.ts'
import { failure, TestBed, until } from './support/test-bed.ts'

describe('A guaranteed deletion', () => {
  it('Z3 goes on through lost connections and expired sessions', async () => {
    await using bed = await TestBed.start({ seed: { old: '' } })
    const zk = await bed.client()
    const deletes = new GuaranteedDelete(zk)
    bed.server.dropNextRequest('delete')
    await bed.server.refuseConnections(true)
    const deleting = deletes.delete('/old')
    await until('it has failed', () => zk.state === 'suspended')
    bed.server.expireSession(zk.session.id)
    expect(deletes.pending).to.equal(1)
    await bed.server.refuseConnections(false)
    await deleting
    await deletes.idle()
    expect(deletes.pending).to.equal(0)
    expect(bed.server.dump()).not.to.have.property('/old')
    await deletes.delete('/old')
  })

  it('ends the wait, not the deletion', async () => {
    await using bed = await TestBed.start({ seed: { old: '' } })
    const zk = await bed.client()
    const deletes = new GuaranteedDelete(zk)
    bed.server.dropNextRequest('delete')
    const error = await failure(deletes.delete('/old', { signal: AbortSignal.abort() }))
    expect(error).to.include({ code: 'ABORTED' })
    await deletes.idle()
    expect(bed.server.dump()).not.to.have.property('/old')
  })

  it('says that it may have been done, where an attempt without an answer came before the one that was refused', async () => {
    await using bed = await TestBed.start({ seed: { old: '' } })
    const [zk, other] = [await bed.client(), await bed.client()]
    const deleted = new Promise<void>(resolve => void other.exists('/old', { watch: () => resolve() }))
    await until('it is watched', () => bed.server.watches().length === 1)
    bed.server.loseNextReply('delete')
    await bed.server.refuseConnections(true)
    const deleting = new GuaranteedDelete(zk).delete('/old')
    deleting.catch(() => {})
    await deleted
    await other.transaction().create('/old').create('/old/child').commit()
    await bed.server.refuseConnections(false)
    expect(await failure(deleting)).to.include({ code: 'NOT_EMPTY', outcome: 'unknown' })
  })

  it('reports an error that cannot pass, and the end of the client', async () => {
    await using bed = await TestBed.start({ seed: { full: { child: '' }, old: '' } })
    const zk = await bed.client()
    const deletes = new GuaranteedDelete(zk)
    expect(await failure(deletes.delete('/full'))).to.include({ code: 'NOT_EMPTY' })
    expect(await failure(deletes.delete('/old', { version: 3 }))).to.include({ code: 'BAD_VERSION' })
    bed.server.answerWith('delete', -127)
    const deleting = deletes.delete('/old')
    deleting.catch(() => {})
    await until('it has failed once', () => bed.operations().includes('delete'))
    await bed.server.refuseConnections(true)
    bed.server.dropConnections()
    await zk.close()
    expect(await failure(deleting)).to.include({ code: 'CLOSED' })
    expect(deletes.pending).to.equal(0)
  })
})
