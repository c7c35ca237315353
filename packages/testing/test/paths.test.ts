import { expect } from 'chai'
import { addressMatches, isAddressBlock, plainAddress } from '../src/auth/ip-address.ts'
import { childPath, isValidPath, parentPath, sequenceSuffix } from '../src/database/paths.ts'

describe('Paths', () => {
  it('are valid as in Apache’s server', () => {
    const good = [
      '/',
      '/a',
      '/a/b',
      '/.a',
      '/a.',
      '/...',
      '/a..b',
      '/ ',
      '/\u00e9',
      '/\uffef',
      '/zookeeper/x',
    ]
    const bad = ['', 'a', '/a/', '//', '/a//b', '/.', '/..', '/a/.', '/a/../b', '/\0', '/\u001f', '/\u007f']
    bad.push('/\u009f', '/\ud800', '/\u{1f600}', '/\uf8ff', '/\ufff0', '/\uffff')
    expect(good.filter(path => !isValidPath(path))).to.deep.equal([])
    expect(bad.filter(isValidPath)).to.deep.equal([])
  })

  it('have parents', () => {
    expect(['/a', '/a/b', '/', 'a', '', '/a\0/b'].map(parentPath)).to.deep.equal([
      '/',
      '/a',
      '/',
      null,
      null,
      null,
    ])
    expect([childPath('/', 'a'), childPath('/a', 'b')]).to.deep.equal(['/a', '/a/b'])
  })

  it('of sequential znodes end in ten characters, or in eleven for negative numbers', () => {
    const counters = [0, 42, 2 ** 31 - 1, -(2 ** 31), -5]
    expect(counters.map(sequenceSuffix)).to.deep.equal([
      '0000000000',
      '0000000042',
      '2147483647',
      '-2147483648',
      '-000000005',
    ])
  })
})

describe('Addresses in ACLs', () => {
  it('are single addresses or blocks, of IPv4 or IPv6', () => {
    const good = ['1.2.3.4', '10.0.0.0/8', '0.0.0.0/0', '::1', '2001:db8::/32', '1:2:3:4:5:6:7:8', '::']
    const bad = [
      '',
      '1.2.3',
      '1.2.3.256',
      '1.2.3.4/33',
      '1.2.3.4/',
      '1.2.3.4/x',
      '::1/129',
      '1::2::3',
      'a.b.c.d',
      ':1',
    ]
    expect(good.filter(block => !isAddressBlock(block))).to.deep.equal([])
    expect(bad.filter(isAddressBlock)).to.deep.equal([])
  })

  it('match the addresses in them', () => {
    expect(addressMatches('10.1.2.3', '10.0.0.0/8')).to.equal(true)
    expect(addressMatches('11.1.2.3', '10.0.0.0/8')).to.equal(false)
    expect(addressMatches('10.1.2.3', '10.1.2.2/31')).to.equal(true)
    expect(addressMatches('10.1.2.3', '10.1.2.2')).to.equal(false)
    expect(addressMatches('2001:db8::5', '2001:db8::/32')).to.equal(true)
    expect(addressMatches('2001:db9::5', '2001:db8::/32')).to.equal(false)
    expect(addressMatches('127.0.0.1', '::/0')).to.equal(false)
  })

  it('lose the prefix of an IPv6 socket', () => {
    expect(['::ffff:127.0.0.1', '::1', '10.0.0.1'].map(plainAddress)).to.deep.equal([
      '127.0.0.1',
      '::1',
      '10.0.0.1',
    ])
  })
})
