import { expect } from 'chai'
import { pageOf } from '../../src/real/report/page.ts'
import { BEGIN, HOSTILE, recordedRun } from './support/recorded-run.ts'

/** A lane as the page has it, without the details. */
interface Lane {
  readonly name: string
  readonly stretches: readonly { readonly from: number; readonly to: number; readonly label: string }[]
}

/** The data of the timeline in the page. */
interface Data {
  readonly duration: number
  readonly groups: readonly (readonly Lane[])[]
  readonly seconds: readonly object[]
}

function dataOf(page: string): Data {
  const [, text] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page)!
  return JSON.parse(text!)
}

/** Returns each stretch of a group as `name: label from-to`. */
function stretchesOf(group: readonly Lane[]): string[] {
  return group.flatMap(({ name, stretches }) =>
    stretches.map(({ from, to, label }) => `${name}: ${label} ${from}-${to}`),
  )
}

describe('The page about a run on real servers', () => {
  it('says which release and seed were tried, and what the run came to in figures', () => {
    const page = pageOf(recordedRun())
    expect(page).to.include('ZooKeeper 3.9.5, three members, four clients; seed <code>7</code>')
    const cards = [...page.matchAll(/<dt>(.*?)<\/dt><dd>(.*?)<\/dd>/g)].map(([, name, value]) => [
      name,
      value,
    ])
    expect(Object.fromEntries(cards)).to.deep.equal({
      faults: '2',
      'lost connections': '1',
      'expired sessions': '1',
      'calls that succeeded': '3',
      'with an unknown outcome': '1',
      'changes committed': '12 345',
      'lock grants': '1',
      seconds: '10',
    })
  })

  it('lists each fault with its times and whom it met, also one that never ended', () => {
    const rows = [...pageOf(recordedRun()).matchAll(/<tr><td>.*<\/tr>/g)].map(([row]) => row)
    expect(rows).to.deep.equal([
      '<tr><td>2.0</td><td>4.0</td><td>kill a member</td><td>member 2</td></tr>',
      '<tr><td>3.0</td><td></td><td>cut a client off from all members</td><td>ann</td></tr>',
    ])
  })

  it('says that every promise held, or which did not', () => {
    expect(pageOf(recordedRun())).to.include('<p class="verdict held">Every promise held.</p>')
    const one = pageOf(recordedRun({ violations: ['a write is missing'] }))
    expect(one).to.include('<p>One promise did not hold:</p><ul><li>a write is missing</li></ul>')
    const two = pageOf(recordedRun({ violations: ['a write is missing', 'a lock has two holders'] }))
    expect(two).to.include('2 promises did not hold:')
    expect(two).to.include('<li>a lock has two holders</li>')
    for (const page of [one, two]) expect(page).not.to.include('Every promise held')
  })

  it('gives no verdict where the ensemble has lost what it had committed', () => {
    const page = pageOf(
      recordedRun({ hole: 'version 3 of /a follows 7', violations: ['a write is missing'] }),
    )
    expect(page).to.include('No verdict: version 3 of /a follows 7.')
    expect(page).not.to.match(/promises? did not hold|Every promise held/)
  })

  it('says what the machine could not do', () => {
    expect(pageOf(recordedRun())).not.to.include('could not')
    const page = pageOf(recordedRun({ leftOut: ['slow a client down', 'kill a client'] }))
    expect(page).to.include('This machine could not: slow a client down; kill a client.')
  })

  it('has lanes of faults, of members and of clients, each state until the next one', () => {
    const { duration, groups } = dataOf(pageOf(recordedRun()))
    expect(duration).to.equal(10)
    const [faults, members, clients] = groups.map(stretchesOf)
    // Two that meet have lanes of their own, and one that never ended lasts until the end.
    expect(faults).to.deep.equal(['faults: fault 2-4', ': fault 3-10'])
    expect(members).to.deep.equal([
      'member 1: follower 0-2.5',
      'member 1: leader 2.5-10',
      'member 2: leader 0-2',
      'member 2: down 2-10',
    ])
    expect(clients).to.deep.equal([
      'ann: connected 0-2',
      'ann: suspended 2-5',
      'ann: expired 5-6',
      'ann: connected 6-10',
      'bob: connected 0-2.9',
      'bob: killed 2.9-8',
      'bob: connected 8-10',
    ])
  })

  it('puts faults that do not meet into one lane', () => {
    const { faults } = recordedRun()
    const second = { ...faults[1]!, from: BEGIN + 4000, to: BEGIN + 5000 }
    const [lanes] = dataOf(pageOf(recordedRun({ faults: [second, faults[0]!] }))).groups
    expect(stretchesOf(lanes!)).to.deep.equal(['faults: fault 2-4', 'faults: fault 4-5'])
  })

  it('counts the calls of each second by their outcomes, with their times but for those that wait', () => {
    const { seconds } = dataOf(pageOf(recordedRun()))
    expect(seconds).to.have.length(10)
    expect(seconds[0]).to.deep.equal({ applied: 0, rejected: 0, unknown: 0, median: null, p99: null })
    expect(seconds[1]).to.deep.equal({ applied: 2, rejected: 0, unknown: 0, median: 40, p99: 40 })
    expect(seconds[2]).to.deep.equal({ applied: 1, rejected: 2, unknown: 1, median: 20, p99: 20 })
    const waited = [
      { kind: 'call', id: 1, at: BEGIN, load: 'locks', action: 'acquire' },
      { kind: 'end', id: 1, at: BEGIN + 1500, outcome: 'applied' },
    ] as const
    const waiting = recordedRun({ histories: [{ client: 'ann', life: 1, entries: waited }] })
    expect(dataOf(pageOf(waiting)).seconds[1]).to.include({ applied: 0, median: null })
  })

  it('shows what clients and servers have said as text, whatever it is', () => {
    const { faults } = recordedRun()
    const page = pageOf(
      recordedRun({
        seed: HOSTILE,
        release: HOSTILE,
        violations: [HOSTILE],
        faults: [{ ...faults[0]!, who: HOSTILE }],
      }),
    )
    expect(page).not.to.include('<img')
    expect(page.match(/<\/script>/g)).to.have.length(2)
    expect(page).to.include('<li>&lt;/script&gt;&lt;img src=&quot;x&quot;')
    const [, , clients] = dataOf(page).groups
    expect(JSON.stringify(clients)).to.include(JSON.stringify(`connected to ${HOSTILE}`).slice(1, -1))
    expect(pageOf(recordedRun({ hole: HOSTILE }))).not.to.include('<img')
  })

  it('loads nothing', () => {
    // The data is text to the browser: what clients have said may look like anything.
    const page = pageOf(recordedRun()).replace(/<script type="application\/json".*?<\/script>/s, '')
    expect(page).not.to.match(/\b(src|href|srcset|action)\s*=|@import|\burl\(|\b(import|fetch)\b\s*[({'"]/i)
    // The name of SVG's elements is no address that a browser asks.
    expect(page.match(/https?:[^'"\s]*/g)).to.deep.equal(['http://www.w3.org/2000/svg'])
  })
})
