import { expect } from 'chai'
import fc from 'fast-check'
import { Chroot, joinPath, nameOf, parentOf, validatePath } from '../src/path.ts'
import { expectBadArguments } from './refusal.ts'

function isValid(path: string, sequential?: boolean): boolean {
  try {
    validatePath(path, sequential === undefined ? undefined : { sequential })
    return true
  } catch {
    return false
  }
}

const FORBIDDEN: [from: string, to: string][] = [
  ['\u0000', '\u001f'],
  ['\u007f', '\u009f'],
  ['\ud800', '\uf8ff'],
  ['\ufff0', '\uffff'],
]

/** Checks a path by ZooKeeper's rules in another form: name by name, and with a set of characters. */
function obeysTheRules(path: string): boolean {
  if (path === '/') return true
  if (!path.startsWith('/')) return false
  const names = path.slice(1).split('/')
  if (names.some(name => name === '' || name === '.' || name === '..')) return false
  return [...Array(path.length).keys()].every(
    i => !FORBIDDEN.some(([from, to]) => isWithin(path, i, from, to)),
  )
}

function isWithin(path: string, i: number, from: string, to: string): boolean {
  return path[i]! >= from && path[i]! <= to
}

describe('A path', () => {
  it('may have any printable character, spaces and dots within a name', () => {
    for (const path of [
      '/',
      '/a',
      '/this is / a valid/path',
      '/.a/..b/c./d../...',
      '/zo\u00eb/\u00a0/\uffef/\ud7ff/\uf900',
    ]) {
      expect(isValid(path), path).to.equal(true)
    }
  })

  it('is refused with the reason and the index', () => {
    const table: [path: string, reason: RegExp][] = [
      ['', /empty/],
      ['a/b', /does not start with "\/"/],
      ['/a/', /ends with "\/"/],
      ['//', /empty name at index 1/],
      ['/a//b', /empty name at index 3/],
      ['/.', /relative name at index 1/],
      ['/..', /relative name at index 2/],
      ['/a/./b', /relative name at index 3/],
      ['/a/../b', /relative name at index 4/],
      ['/a\u0000', /U\+0000 at index 2/],
      ['/a\u001f', /U\+001F at index 2/],
      ['/a\u007f', /U\+007F at index 2/],
      ['/a\u009f', /U\+009F at index 2/],
      ['/a\ud800', /U\+D800 at index 2/],
      ['/a\u{1f600}', /U\+1F600 at index 2/],
      ['/a\uf8ff', /U\+F8FF at index 2/],
      ['/a\ufff0', /U\+FFF0 at index 2/],
      ['/a\uffff', /U\+FFFF at index 2/],
    ]
    for (const [path, reason] of table) expectBadArguments(() => validatePath(path), reason, path)
  })

  it('is a string', () => {
    for (const value of [undefined, null, 1, ['/a'], Buffer.from('/a')]) {
      expectBadArguments(() => validatePath(value as unknown as string), /not a string/)
    }
  })

  it('may end with "/" or with a dot if the server appends a number', () => {
    for (const path of ['/', '/a/', '/a/.', '/a/..', '/a', '/a/b-']) {
      expect(isValid(path, true), path).to.equal(true)
      expect(isValid(path, false), path).to.equal(isValid(path))
    }
    for (const path of ['', 'a', '//', '/a//', '/a/./', '/a/../', '/a/\u0000', '/./']) {
      expect(isValid(path, true), path).to.equal(false)
    }
  })

  it('is judged by the rules for any text, and for a sequential znode with a digit appended', () => {
    const char = fc.oneof(
      fc.constantFrom(
        '/',
        '/',
        '.',
        '.',
        'a',
        '-',
        '0',
        ' ',
        '~',
        '\u001f',
        '\u0020',
        '\u007e',
        '\u007f',
        '\u009f',
      ),
      fc.constantFrom('\u00a0', '\ud7ff', '\ud800', '\uf8ff', '\uf900', '\uffef', '\ufff0', '\u0000'),
      fc.integer({ min: 0, max: 0xffff }).map(code => String.fromCharCode(code)),
    )
    const path = fc.array(char, { maxLength: 8 }).map(chars => `/${chars.join('')}`)
    fc.assert(
      fc.property(path, text => {
        expect(isValid(text)).to.equal(obeysTheRules(text))
        expect(isValid(text, true)).to.equal(obeysTheRules(`${text}1`))
      }),
      { numRuns: 5000, seed: 7 },
    )
  })
})

describe('joinPath', () => {
  it('puts names below a path', () => {
    expect(joinPath('/')).to.equal('/')
    expect(joinPath('/', 'a')).to.equal('/a')
    expect(joinPath('/a/b', 'c', 'd e', '...')).to.equal('/a/b/c/d e/...')
  })

  it('refuses a name that would lead elsewhere', () => {
    for (const [name, reason] of [
      ['', /is empty/],
      ['b/c', /has a "\/"/],
      ['/', /has a "\/"/],
      ['.', /is relative/],
      ['..', /is relative/],
      ['b\u0000', /U\+0000/],
      ['b\ud800', /U\+D800/],
    ] as const) {
      expectBadArguments(() => joinPath('/a', name), reason)
      expectBadArguments(() => joinPath('/', 'x', name, 'y'), reason)
    }
    expectBadArguments(() => joinPath('/a', undefined as unknown as string), /not a string/)
  })

  it('refuses anything but text', () => {
    for (const segment of [undefined, null, 5, Symbol('a'), Object.create(null)]) {
      const join = (): string => joinPath('/a', segment as string)
      expect(join).to.throw('is not a string').with.include({ code: 'BAD_ARGUMENTS', path: '/a' })
    }
  })

  it('refuses a base that is not a path', () => {
    for (const base of ['', 'a', '/a/', '/a/../b']) expectBadArguments(() => joinPath(base, 'x'), /./)
  })
})

describe('parentOf and nameOf', () => {
  it('take a path apart', () => {
    expect([parentOf('/a/b/c'), nameOf('/a/b/c')]).to.deep.equal(['/a/b', 'c'])
    expect([parentOf('/a'), nameOf('/a')]).to.deep.equal(['/', 'a'])
    expect([parentOf('/'), nameOf('/')]).to.deep.equal([null, ''])
  })
})

describe('A chroot', () => {
  const app = new Chroot('/app')

  it('is put before every path and replaces "/"', () => {
    expect(app.add('/x/y')).to.equal('/app/x/y')
    expect(app.add('/')).to.equal('/app')
  })

  it('is stripped from every path below it', () => {
    expect(app.strip('/app/x/y')).to.equal('/x/y')
    expect(app.strip('/app')).to.equal('/')
  })

  it('C3 /app is not stripped from /apple/x, nor from anything else outside', () => {
    for (const path of ['/apple/x', '/apple', '/ap', '/', '/x/app', '/App/x']) {
      expect(app.strip(path)).to.equal(path)
      expect(app.contains(path)).to.equal(false)
    }
    expect(app.contains('/app')).to.equal(true)
    expect(app.contains('/app/x')).to.equal(true)
  })

  it('has a /zookeeper/config of its own, and leaves that of the ensemble as it is', () => {
    expect(app.add('/zookeeper/config')).to.equal('/app/zookeeper/config')
    expect(app.strip('/app/zookeeper/config')).to.equal('/zookeeper/config')
    expect(app.strip('/zookeeper/config')).to.equal('/zookeeper/config')
  })

  it('keeps a sequential znode that is created at "/" below it', () => {
    expect(app.addPrefix('/')).to.equal('/app/')
    expect(app.addPrefix('/job-')).to.equal('/app/job-')
    expect(app.strip('/app/0000000001')).to.equal('/0000000001')
  })

  it('C2 is none if it is empty or "/", and is refused if it is not a path', () => {
    for (const none of [new Chroot(''), new Chroot('/')]) {
      expect(none.path).to.equal('')
      for (const path of ['/', '/a/b', '/zookeeper/config']) {
        expect([none.add(path), none.addPrefix(path), none.strip(path)]).to.deep.equal([path, path, path])
        expect(none.contains(path)).to.equal(true)
      }
    }
    for (const path of ['app', '/app/', '/a//b', '/a/..', '/a\u0000']) {
      expectBadArguments(() => new Chroot(path), /./)
    }
  })

  it('gives back a path when it is stripped from the result of add', () => {
    const name = fc.constantFrom('a', 'app', 'apple', 'config', 'zookeeper', 'b c')
    const path = fc.array(name, { maxLength: 4 }).map(names => `/${names.join('/')}`)
    fc.assert(
      fc.property(path, path, (chroot, below) => {
        const root = new Chroot(chroot)
        expect(root.strip(root.add(below))).to.equal(below)
        expect(root.contains(root.add(below))).to.equal(true)
      }),
      { numRuns: 1000, seed: 7 },
    )
  })
})
