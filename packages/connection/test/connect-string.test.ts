import { isIPv4, isIPv6 } from 'node:net'
import { expect } from 'chai'
import fc from 'fast-check'
import { formatServer } from '../src/link/server-address.ts'
import { ConnectStringError, parseConnectString } from '../src/servers/connect-string.ts'

function refusal(text: string): ConnectStringError {
  try {
    parseConnectString(text)
  } catch (error) {
    if (error instanceof ConnectStringError) return error
    throw error
  }
  throw new Error(`${JSON.stringify(text)} was accepted`)
}

/** Expects each text to be refused for a part of it, at an index. */
function expectRefused(table: Record<string, [part: string, index: number, reason: RegExp]>): void {
  for (const [text, [part, index, reason]] of Object.entries(table)) {
    const error = refusal(text)
    expect({ text, part: error.part, index: error.index }).to.deep.equal({ text, part, index })
    expect(error.message).to.match(reason)
  }
}

describe('A connect string', () => {
  it('lists servers in the order written, with the port 2181 unless it says another', () => {
    expect(parseConnectString('zk1,zk_2.example.com:2182,10.0.0.3:1,zk4.:65535')).to.deep.equal({
      servers: [
        { host: 'zk1', port: 2181 },
        { host: 'zk_2.example.com', port: 2182 },
        { host: '10.0.0.3', port: 1 },
        { host: 'zk4.', port: 65535 },
      ],
      chroot: '',
      srv: null,
    })
  })

  it('D3 takes IPv6 addresses in brackets, such as [::1]:2181', () => {
    expect(parseConnectString('[::1]:2182,[fe80::1%eth0],[::ffff:10.0.0.1]:2183/app')).to.deep.equal({
      servers: [
        { host: '::1', port: 2182 },
        { host: 'fe80::1%eth0', port: 2181 },
        { host: '::ffff:10.0.0.1', port: 2183 },
      ],
      chroot: '/app',
      srv: null,
    })
  })

  it('D3 refuses what is not an IPv6 address in brackets', () => {
    expectRefused({
      '::1': [':', 1, /brackets/],
      'a,fe80::1:2181': [':', 7, /brackets/],
      '[::1': ['[', 0, /without its "]"/],
      '[]:2181': ['', 1, /not an IPv6 address/],
      'a,[1.2.3.4]:2181': ['1.2.3.4', 3, /not an IPv6 address/],
      '[::1]2181': ['2', 5, /followed/],
      '[::1]:': ['', 6, /port/],
      '[::1%]': ['::1%', 1, /not an IPv6 address/],
      'a[::1]': [':', 3, /more than one ":"/],
    })
  })

  it('takes an IPv6 address if and only if Node does', () => {
    const group = fc.constantFrom('', '', '0', 'a', 'FFFF', '12345', 'g', '1.2.3.4', '256.1.1.1')
    const text = fc.array(group, { minLength: 1, maxLength: 9 }).map(groups => groups.join(':'))
    const edges = [
      '1:2:3:4::5:6:7:8',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7::',
      '1.2.3.4::1',
      '1:2:3:4:5:6:7:1.2.3.4',
      ':::',
      '1::2::3',
    ]
    fc.assert(
      fc.property(fc.oneof(text, fc.ipV6(), fc.constantFrom(...edges)), address => {
        expect(accepts(`[${address}]`), address).to.equal(isIPv6(address))
      }),
      { numRuns: 2000, seed: 7 },
    )
  })

  it('takes a host that ends in a number if and only if it is an IPv4 address', () => {
    const part = fc.constantFrom('0', '1', '9', '10', '99', '255', '256', '01', '1000', '0x7f', '0x')
    const text = fc.array(part, { minLength: 1, maxLength: 5 }).map(parts => parts.join('.'))
    fc.assert(
      fc.property(text, address => {
        expect(accepts(address), address).to.equal(isIPv4(address))
      }),
      { numRuns: 3000, seed: 7 },
    )
  })

  it('may end in one chroot; "/" stands for no chroot', () => {
    expect(parseConnectString('a/app/v1.0/..x').chroot).to.equal('/app/v1.0/..x')
    expect(parseConnectString('a:1,b:2/').chroot).to.equal('')
    expect(parseConnectString('a').chroot).to.equal('')
  })

  it('C2 refuses a bad chroot and says where it is bad', () => {
    expectRefused({
      'a/app/': ['/', 5, /end in/],
      'a//': ['/', 2, /end in/],
      'a//app': ['//', 1, /empty name/],
      'a/app//b': ['//', 5, /empty name/],
      'a/b://c': ['//', 4, /empty name/],
      'a/.': ['.', 2, /relative/],
      'a/app/../b': ['..', 6, /relative/],
      'a/app\u0000': ['\u0000', 5, /control/],
      'a/\ud83d\ude00': ['\ud83d\ude00', 2, /no path/],
      'a/\ud83d': ['\ud83d', 2, /no path/],
      'a/\uf8ff': ['\uf8ff', 2, /no path/],
      'a/\ufff0': ['\ufff0', 2, /no path/],
    })
  })

  it('refuses a second chroot and servers behind the chroot', () => {
    expectRefused({
      'a:1/app,evil:2181': [',', 7, /after the last server/],
      'a/app,b/app': [',', 5, /after the last server/],
    })
  })

  it('names a DNS name whose SRV records list the servers', () => {
    expect(parseConnectString('dns-srv://_zookeeper._tcp.example.com/app')).to.deep.equal({
      servers: [],
      chroot: '/app',
      srv: '_zookeeper._tcp.example.com',
    })
    expect(parseConnectString('dns-srv://zk.example.com/').srv).to.equal('zk.example.com')
  })

  it('refuses an SRV name with a port, a list of them, an address and none', () => {
    expectRefused({
      'dns-srv://zk.example.com:2181': [':', 24, /SRV records name the ports/],
      'dns-srv://a,b': ['a,b', 10, /not a host name/],
      'dns-srv://10.0.0.1/app': ['10.0.0.1', 10, /address/],
      'dns-srv://': ['', 10, /empty host/],
      'dns-srv:///app': ['', 10, /empty host/],
    })
  })

  it('refuses every other scheme', () => {
    expectRefused({
      'zk://a:2181': ['zk://', 0, /only scheme/],
      'DNS-SRV://a': ['DNS-SRV://', 0, /only scheme/],
      'a:2181,dns-srv://b': ['dns-srv://', 7, /only scheme/],
      '://a': ['://', 0, /only scheme/],
    })
  })

  it('ignores whitespace around the whole and around each server, and a comma at the end, as Java and kazoo do', () => {
    const servers = [
      { host: 'a', port: 2181 },
      { host: 'b', port: 1 },
    ]
    for (const text of ['a:2181, b:1', ' a , b:1\n', 'a,b:1,', 'a,b:1, \r\n', '\ufeffa,\n  b:1\n']) {
      expect(parseConnectString(text), text).to.deep.equal({ servers, chroot: '', srv: null })
    }
    for (const text of ['a,b:1/app\n', ' a , b:1 /app', 'a,b:1,/app']) {
      expect(parseConnectString(text), text).to.deep.equal({ servers, chroot: '/app', srv: null })
    }
    expect(parseConnectString(' dns-srv://zk.example.com/app\n')).to.deep.equal({
      servers: [],
      chroot: '/app',
      srv: 'zk.example.com',
    })
  })

  it('refuses whitespace within a name, and control characters wherever they are', () => {
    expectRefused({
      'a b:2181': [' ', 1, /whitespace/],
      'a, b: 2181': [' ', 5, /whitespace/],
      '  a:2181/my app': [' ', 11, /whitespace/],
      'a/b\u2028c': ['\u2028', 3, /whitespace/],
      'dns-srv://zk example': [' ', 12, /whitespace/],
      ' dns-srv:// zk': [' ', 11, /whitespace/],
      'a\u0007': ['\u0007', 1, /control/],
      'a/b\u007f': ['\u007f', 3, /control/],
      'a/b\u009f': ['\u009f', 3, /control/],
    })
  })

  it('refuses credentials and parameters, and does not repeat them in the error', () => {
    expectRefused({
      'user:secret@a:2181': ['@', 11, /addAuth/],
      'a:2181/app?timeout=5': ['?', 10, /parameters/],
    })
    expect(refusal('user:secret@a:2181').message).not.to.include('secret')
  })

  it('refuses empty entries', () => {
    expectRefused({
      '': ['', 0, /empty/],
      ',a': ['', 0, /empty server/],
      ' ': ['', 0, /empty/],
      ',': ['', 0, /empty server/],
      'a,,': ['', 2, /empty server/],
      'a,,b': ['', 2, /empty server/],
      'a, ,b': ['', 3, /empty server/],
      '/app': ['', 0, /empty server/],
      ':2181': ['', 0, /empty host/],
    })
  })

  it('names a ";" between servers, which is a comma elsewhere', () => {
    expectRefused({
      'a:2181;b:2181': [';', 6, /separated by ","/],
      ' a;[::1]': [';', 2, /separated by ","/],
      'dns-srv://a;b': ['a;b', 10, /not a host name/],
    })
  })

  it('refuses ports outside 1 to 65535 and what is not a number', () => {
    expectRefused({
      'a:': ['', 2, /port/],
      'a:0': ['0', 2, /port/],
      'a,b:65536': ['65536', 4, /port/],
      'a:02181': ['02181', 2, /port/],
      'a:-1': ['...', 2, /port/],
      'a:0x1f': ['...', 2, /port/],
      'a:2181b': ['...', 2, /port/],
    })
  })

  it('refuses hosts that are not names', () => {
    expectRefused({
      'a..b': ['a..b', 0, /label/],
      'x,.a': ['.a', 2, /label/],
      [`${'a'.repeat(64)}.b`]: [`${'a'.repeat(64)}.b`, 0, /label/],
      [`${'a.'.repeat(127)}a`]: [`${'a.'.repeat(127)}a`, 0, /too long/],
      'zk\u00e9': ['zk\u00e9', 0, /xn--/],
      'a\\b': ['a\\b', 0, /not a host name/],
      '127.1': ['127.1', 0, /IPv4/],
      '0x7f000001:2181': ['0x7f000001', 0, /IPv4/],
    })
  })

  it('is refused with a TypeError that says what is wrong and where', () => {
    const error = refusal('zk1:2181,zk2:99999')
    expect(error).to.be.instanceOf(TypeError)
    expect(error.name).to.equal('ConnectStringError')
    expect(error.message).to.equal(
      'Invalid connect string at index 13: a port is a number from 1 to 65535 ("99999")',
    )
  })

  it('is refused without what may be a password in it', () => {
    for (const text of [
      'user:hunter2',
      'digest:user:hunter2',
      'a,[hunter2',
      '[::1]hunter2',
      'dns-srv://user:hunter2',
    ]) {
      expect(refusal(text).message, text).not.to.contain('hunter2')
      expect(JSON.stringify(refusal(text)), text).not.to.contain('hunter2')
    }
  })

  it('refuses what is not a string at all', () => {
    for (const value of [undefined, null, 2181, ['a:2181']]) {
      expect(() => parseConnectString(value as unknown as string)).to.throw(
        ConnectStringError,
        /not a string/,
      )
    }
  })

  it('is read back from what formatServer writes', () => {
    const text = 'zk1:2181,10.0.0.1:2182,[::1]:2183,[fe80::1%eth0]:2184'
    expect(parseConnectString(text).servers.map(formatServer).join(',')).to.equal(text)
  })

  it('is read or refused with a ConnectStringError, whatever it is', () => {
    const piece = fc.constantFrom(
      'a',
      'zk1',
      ':',
      '2181',
      ',',
      '/',
      '.',
      '..',
      '[',
      ']',
      '::1',
      'dns-srv://',
      '@',
      ' ',
    )
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece).map(pieces => pieces.join('')),
    )
    fc.assert(
      fc.property(text, value => {
        if (!accepts(value)) return
        const { servers, chroot, srv } = parseConnectString(value)
        const written = (srv === null ? servers.map(formatServer).join(',') : `dns-srv://${srv}`) + chroot
        expect(parseConnectString(written)).to.deep.equal({ servers, chroot, srv })
      }),
      { numRuns: 2000, seed: 7 },
    )
  })
})

function accepts(text: string): boolean {
  try {
    parseConnectString(text)
    return true
  } catch (error) {
    if (error instanceof ConnectStringError) return false
    throw error
  }
}
