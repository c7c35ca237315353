import { expect } from 'chai'
import fc from 'fast-check'
import { loadAll } from '../src/program/catalog.ts'
import type { Command } from '../src/program/definition.ts'
import { globalOptions } from '../src/program/global-options.ts'
import { parse } from '../src/program/parser.ts'
import { parsePlain } from '../src/program/quick-parser.ts'
import { kebab } from '../src/program/specs.ts'

/** Returns words that lines of the command may have, sound and unsound ones. */
function wordsFor(command: Command): fc.Arbitrary<string> {
  const options = Object.entries({ ...globalOptions, ...command.options }).flatMap(([key, { short }]) => [
    `--${kebab(key)}`,
    `-${key}`,
    ...(short === undefined ? [] : [`-${short}`]),
  ])
  const others = [
    '/a',
    '/b/',
    'x',
    '7',
    '-7',
    '',
    '-',
    '--',
    '-sR',
    '--json=1',
    '-server',
    '-r',
    '--help',
    'a:b',
  ]
  return fc.oneof(fc.constantFrom(...options), fc.constantFrom(...others))
}

describe('The parser of plain lines', () => {
  let commands: Command[] = []
  before(async () => {
    commands = await loadAll()
  })

  it('parses as the parser of all lines, or leaves the line to it', () => {
    let plain = 0
    const line = fc.constantFrom(...commands).chain(command =>
      fc.record({
        command: fc.constant(command),
        before: fc.array(fc.constantFrom('--json', '--hosts', 'h:1', '--timeout', '5', '-server', '-r'), {
          maxLength: 3,
        }),
        after: fc.array(wordsFor(command), { maxLength: 5 }),
      }),
    )
    fc.assert(
      fc.property(line, ({ command, before, after }) => {
        const words = [...before, command.name, ...after]
        const quick = parsePlain(words, command)
        if (quick === null) return
        plain++
        expect(quick).to.deep.equal(parse(words, [command]))
      }),
      { numRuns: 1000 },
    )
    expect(plain).to.be.greaterThan(10)
  })

  it('takes the lines that scripts have', () => {
    const lines = [
      'get /a',
      'get -s /a',
      '--hosts h:1 get /a',
      '-server h:1 get --json /a',
      'create -e /a x',
      'ls -R /',
      'setquota -n 5 /a',
    ]
    for (const line of lines) {
      const words = line.split(' ')
      const command = commands.find(({ name }) => words.includes(name))!
      expect(parsePlain(words, command), line).to.not.equal(null)
    }
  })
})

describe('The parser of all lines', () => {
  let commands: Command[] = []
  before(async () => {
    commands = await loadAll()
  })

  const messageOf = (words: readonly string[]): string => {
    try {
      parse(words, commands)
    } catch (error) {
      return (error as Error).message
    }
    throw new Error('the line was taken')
  }

  it('names the flag for what zkCli.sh took without one before 3.5', () => {
    const hintFor = (line: string): unknown => {
      try {
        return parse(line.split(' '), commands)
      } catch (error) {
        return (error as { hint?: string }).hint
      }
    }
    expect(hintFor('delete /a 3')).to.equal('A version stands behind -v: `-v 3`.')
    expect(hintFor('set /a data 3')).to.equal('A version stands behind -v: `-v 3`.')
    for (const line of ['get /a watch', 'stat /a true', 'ls / watch']) {
      expect(hintFor(line), line).to.equal('A watch is set with -w, before or after the path.')
    }
    expect(hintFor('rmr /a')).to.equal('It is `zookit deleteall` now.')
    expect(hintFor('ls2 /a')).to.equal('It is `zookit ls -s` now.')
    expect(hintFor('sync /a b')).to.equal('See `zookit sync --help`.')
  })

  it('names an option that it does not know without the value, which may be a secret', () => {
    const secret = "hun'ter2\nline"
    for (const [word, shown] of [
      [`--passwrod=${secret}`, '--passwrod=...'],
      [`--json=${secret}`, '--json=...'],
      [`-P${secret}`, '-P...'],
      ['--nonsense', '--nonsense'],
      ['-P', '-P'],
    ] as const) {
      for (const words of [
        [word, 'ls', '/'],
        ['ls', word, '/'],
        ['ls', '/', word],
      ]) {
        expect(messageOf(words), words.join(' ')).to.equal(`unknown option '${shown}'`)
      }
    }
  })
})
