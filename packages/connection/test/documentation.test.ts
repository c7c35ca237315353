import { readFileSync } from 'node:fs'
import { errorTable } from '@zookit/jute'
import { expect } from 'chai'
import { ZooKeeperError } from '../src/index.ts'

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')

describe('The documentation', () => {
  const errors = read('docs/errors.md')

  it('explains every numbered error, with its number', () => {
    for (const { code, number } of errorTable) expect(errors).to.contain(`| \`${code}\` | ${number} |`)
  })

  it('explains every error of our own', () => {
    const source = read('packages/connection/src/errors.ts')
    const local = /export type LocalErrorCode =([\s\S]*?)\n\n/.exec(source)![1]!
    const codes = [...local.matchAll(/'([A-Z_]+)'/g)].map(match => match[1]!)
    expect(codes).to.include('ABORTED').and.have.lengthOf.above(5)
    for (const code of codes) expect(errors).to.contain(`| \`${code}\` |`)
  })

  it('names every option of a session', () => {
    const source = read('packages/connection/src/options.ts')
    const options = /export interface SessionOptions \{([\s\S]*?)\n\}/.exec(source)![1]!
    const names = [...options.matchAll(/^ {2}(\w+)\??:/gm)].map(match => match[1]!)
    expect(names).to.include('zxidGrace')
    for (const name of names) expect(read('docs/connection.md')).to.contain(`\`${name}\``)
  })
})

describe('An error', () => {
  it('says what happened, to which request, and what became of it', () => {
    const error = ZooKeeperError.fromNumber(-101, { operation: 'getData', path: '/a' })
    expect(error).to.include({ code: 'NO_NODE', errno: -101, outcome: 'rejected', retryable: false })
    expect(error.message).to.equal('NO_NODE (getData /a): the znode does not exist')
  })

  it('keeps an unknown number', () => {
    expect(ZooKeeperError.fromNumber(-999)).to.include({ code: 'UNKNOWN', errno: -999, outcome: 'unknown' })
  })

  it('shows what it knows alone', () => {
    const known = ['code', 'errno', 'operation', 'path', 'outcome', 'retryable']
    expect(Object.keys(new ZooKeeperError('NO_NODE'))).to.deep.equal(known)
    const lost = new ZooKeeperError('CONNECTION_LOSS', { olderUnanswered: 0, requestSize: 9 })
    expect(Object.keys(lost)).to.deep.equal([...known, 'olderUnanswered', 'requestSize'])
  })

  it('lets no path forge a line of a log', () => {
    const { message } = new ZooKeeperError('NO_NODE', { path: '/a\nroot logged in\u202e' })
    expect(message).not.to.match(/[\n\u202e]/)
  })
})
