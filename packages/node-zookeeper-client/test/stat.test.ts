import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { expect } from 'chai'
import { toStat } from '../src/values/stat.ts'

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex')
const source = {
  czxid: 0x0102030405060708n,
  mzxid: -1n,
  ctime: 1_700_000_000_000,
  mtime: -1,
  version: 1,
  cversion: -2,
  aversion: 3,
  ephemeralOwner: 0n,
  dataLength: 4,
  numChildren: 5,
  pzxid: 6n,
}
const plain = () => ({
  czxid: bytes('0102030405060708'),
  mzxid: bytes('ffffffffffffffff'),
  ctime: bytes('0000018bcfe56800'),
  mtime: bytes('ffffffffffffffff'),
  version: 1,
  cversion: -2,
  aversion: 3,
  ephemeralOwner: bytes('0000000000000000'),
  dataLength: 4,
  numChildren: 5,
  pzxid: bytes('0000000000000006'),
})

describe('A Stat with Buffers', () => {
  const looks: [name: string, look: (stat: object) => unknown][] = [
    ['a spread', stat => ({ ...stat })],
    ['Object.assign', stat => Object.assign({}, stat)],
    ['Object.entries', stat => Object.fromEntries(Object.entries(stat))],
    ['Object.values', stat => Object.values(stat)],
    ['for and in', stat => fields(stat)],
    ['JSON', stat => JSON.stringify(stat)],
    ['console.log', stat => inspect(stat)],
    ['console.log of an object around it', stat => inspect({ stat })],
    ['a descriptor', stat => Object.getOwnPropertyDescriptor(stat, 'mtime')],
    ['an object that inherits from it', stat => (Object.create(stat) as { pzxid: Buffer }).pzxid],
  ]
  for (const [name, look] of looks) {
    it(`shows its fields to ${name} that is the first to look`, () => {
      expect(look(toStat(source))).to.deep.equal(look(plain()))
    })
  }

  it('equals another one, and the same fields', () => {
    expect(toStat(source)).to.deep.equal(toStat(source))
    assert.deepEqual({ ...toStat(source) }, plain())
  })

  it('keeps a Buffer that it has handed out', () => {
    const stat = toStat(source)
    const { czxid } = stat
    expect(czxid).to.be.instanceof(Buffer)
    expect(stat.czxid).to.equal(czxid)
    expect(
      stat.mzxid.buffer === stat.pzxid.buffer && stat.mzxid.byteOffset === stat.pzxid.byteOffset,
    ).to.equal(false)
  })

  it('takes a change before the first look, and loses nothing by it', () => {
    const stat = toStat(source)
    stat.czxid = bytes('00')
    expect({ ...stat }).to.deep.equal({ ...plain(), czxid: bytes('00') })
    const less = toStat(source) as { pzxid?: Buffer; mzxid: Buffer }
    delete less.pzxid
    expect(less).not.to.have.property('pzxid')
    expect(less.mzxid).to.deep.equal(bytes('ffffffffffffffff'))
    const frozen = Object.freeze(toStat(source))
    expect({ ...frozen }).to.deep.equal(plain())
    expect(() => Object.assign(frozen, { version: 2 })).to.throw(TypeError)
  })
})

function fields(stat: object): unknown {
  const found: Record<string, unknown> = {}
  for (const name in stat) found[name] = (stat as Record<string, unknown>)[name]
  return found
}
