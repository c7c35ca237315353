import { expect } from 'chai'
import { PageStream } from '../src/live/page-stream.ts'
import type { ChangesMessage, Message } from '../src/protocol.ts'

/** Opens a stream whose reader takes a message when it is asked to. */
function open(folders: readonly string[], znode: string | null = null) {
  const page = new PageStream('1', () => {})
  page.interest = { folders, znode, traffic: true, ensemble: false }
  const reader = page.open().getReader()
  const decoder = new TextDecoder()
  const take = async (): Promise<Message[]> => {
    const { value } = await reader.read()
    return decoder
      .decode(value)
      .split('\n\n')
      .flatMap(part => (part.startsWith('data: ') ? [JSON.parse(part.slice(6)) as Message] : []))
  }
  return { page, take }
}

const changesOf = (messages: readonly Message[]): ChangesMessage =>
  messages.find(({ type }) => type === 'changes') as ChangesMessage

describe('The stream of a page', () => {
  it('tells of a znode once, whatever happened to it while the page did not read', async () => {
    const { page, take } = open(['/', '/a'])
    page.change('/a/b', 'created')
    for (let i = 0; i < 100; i++) page.change('/a/b', 'changed')
    page.change('/a/c', 'created')
    page.change('/a/c', 'deleted')
    const { changes, total } = changesOf(await take())
    expect(changes).to.deep.equal([
      ['/a/b', 'created'],
      ['/a/c', 'deleted'],
    ])
    expect(total).to.equal(103)
    page.close()
  })

  it('tells of a change below a closed znode as one of that, and counts what no row stands for', async () => {
    const { page, take } = open(['/'])
    page.change('/a/b/c/d', 'created')
    page.change('/a/b/c/e', 'created')
    expect(changesOf(await take())).to.deep.include({ changes: [['/a', 'below']], total: 2 })
    page.close()
  })

  it('keeps a bounded number of changes and messages for a page that does not read, and says that there were more', async () => {
    const { page, take } = open(['/'])
    for (let i = 0; i < 100_000; i++) page.change(`/a-${i}`, 'created')
    for (let i = 0; i < 10_000; i++) page.send({ type: 'resync', reason: String(i) })
    const messages = await take()
    expect(messages.length).to.be.below(300)
    expect(changesOf(messages)).to.deep.include({ changes: [], total: 100_000, overflow: true })
    page.close()
  })

  it('keeps the newest word of the connection and of the watch, however many samples come after it', async () => {
    const { page, take } = open(['/'])
    const connection = { server: null, session: null, lastError: null }
    page.send({ type: 'live', live: 'starting', note: null })
    page.send({ type: 'live', live: 'watch', note: null })
    for (const state of ['suspended', 'connected'])
      page.send({ type: 'state', connection: { state, ...connection } })
    for (let i = 0; i < 1000; i++) page.send({ type: 'sample', sample: {} as never })
    const messages = await take()
    expect(messages.length).to.be.below(300)
    expect(messages.filter(({ type }) => type === 'live' || type === 'state')).to.deep.equal([
      { type: 'live', live: 'watch', note: null },
      { type: 'state', connection: { state: 'connected', ...connection } },
    ])
    page.close()
  })

  it('keeps the newest frames, and counts those that it left out', async () => {
    const { page, take } = open(['/'])
    for (let xid = 0; xid < 1000; xid++) page.frame({ xid } as never)
    const traffic = (await take()).find(each => each.type === 'traffic')
    expect(traffic?.dropped).to.equal(800)
    expect(traffic?.frames.at(-1)).to.include({ xid: 999 })
    page.close()
  })

  it('ends when it is closed, also while nobody reads', async () => {
    const { page, take } = open(['/'])
    page.close()
    page.change('/a', 'created')
    expect(await take()).to.deep.equal([])
  })

  it('ends where nobody has read it for several signs of life, and goes on where it is read', async () => {
    let closed = 0
    const unread = new PageStream('1', () => void closed++)
    unread.open()
    for (let i = 0; i < 4; i++) unread.beat()
    expect(closed).to.equal(1)
    const { page, take } = open(['/'])
    for (let i = 0; i < 10; i++) {
      const taken = take()
      await new Promise(setImmediate)
      page.beat()
      await taken
      page.beat()
    }
    page.change('/a', 'created')
    expect(changesOf(await take()).total).to.equal(1)
    page.close()
  })
})
