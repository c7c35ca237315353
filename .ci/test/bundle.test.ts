import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { bundle, isPrivate, restoreConstants } from '../source/bundle-package.ts'
import { ROOT } from '../source/files.ts'
import { bundleProgram } from '../source/program.ts'

/** Lies inside the packages, so that the bundles find their dependencies. */
const FOLDER = 'node_modules/.cache/bundle-names'

/** Classes that give themselves a name, which `util.inspect` shows. */
const OWN_NAMES: Readonly<Record<string, string>> = { StatRecord: 'Stat' }

describe('a bundle', function () {
  this.timeout(60_000)

  const dirs = readdirSync(join(ROOT, 'packages'))
    .map(name => join(ROOT, 'packages', name))
    .filter(dir => !isPrivate(dir))

  for (const dir of dirs) {
    it(`keeps the names of all classes: ${dir.slice(ROOT.length)}`, async () => {
      const out = join(dir, FOLDER)
      mkdirSync(out, { recursive: true })
      try {
        await bundle(dir, out)
        const entry: Record<string, unknown> = await import(pathToFileURL(join(out, 'index.js')).href)
        const classes = Object.entries(entry).filter(([, value]) => /^class\b/.test(String(value)))
        for (const [name, value] of classes)
          expect((value as { name: string }).name).to.equal(OWN_NAMES[name] ?? name)
        const files = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter(file =>
          file.endsWith('.js'),
        )
        expect(files).to.include('index.js')
        for (const file of files)
          expect(readFileSync(join(out, file), 'utf8'), file).not.to.match(/class _[A-Z]/)
      } finally {
        rmSync(out, { recursive: true })
      }
    })
  }

  for (const name of ['jute', 'connection', 'client']) {
    it(`of ${name} is one file for those who import the package: each file more is found and read on its own`, async () => {
      const dir = join(ROOT, 'packages', name)
      const out = join(dir, FOLDER)
      mkdirSync(out, { recursive: true })
      try {
        await bundle(dir, out)
        expect(readFileSync(join(out, 'index.js'), 'utf8')).not.to.match(/(from|import) "\.|import\("\./)
        if (name !== 'jute') return
        // What both files have is one class: of two, neither would know the other's errors.
        const dissector = readFileSync(join(out, 'dissect.js'), 'utf8')
        expect(dissector).to.match(/\bJuteError\b.* from "\.\/index\.js"/s)
        expect(dissector).not.to.contain('class JuteError')
      } finally {
        rmSync(out, { recursive: true })
      }
    })
  }

  it('of a program has one copy of its code: it runs what is started, and exports what is imported', async () => {
    const dir = join(ROOT, 'packages/cli')
    const out = join(dir, FOLDER)
    mkdirSync(out, { recursive: true })
    try {
      await bundleProgram(dir, out)
      const files = readdirSync(out).map(file => file.replace(/-[0-9a-f]{16}/, ''))
      expect(files).to.have.members(['THIRD-PARTY.txt', 'index.js', 'main.cjs', 'program.cjs'])
      const started = execFileSync(process.execPath, [join(out, 'main.cjs'), '--version'], {
        encoding: 'utf8',
      })
      expect(started).to.match(/^zookit \d/)
      const url = JSON.stringify(pathToFileURL(join(out, 'index.js')).href)
      const text = `import * as all from ${url}; console.log(JSON.stringify([Object.keys(all), await all.run(['version'], all.processIo())]))`
      const args = ['--input-type=module', '-e', text]
      const imported = execFileSync(process.execPath, args, { encoding: 'utf8' })
      expect(imported).to.equal(`${started}[["ExitCode","processIo","run"],0]\n`)
    } finally {
      rmSync(out, { recursive: true })
    }
  })

  it('makes constants of the variables that nothing assigns again, and of no other', async () => {
    const code = [
      'var fixed = 1;',
      'var count = 0;',
      'var { first, second } = fixed;',
      'var [one, other] = [1, 2];',
      'var empty;',
      'var Reader = class {};',
      'function next() {',
      '  var inner = fixed;',
      '  other = inner;',
      '  return count++;',
      '}',
    ]
    const expected = [...code]
    for (const line of [0, 2, 5]) expected[line] = expected[line]!.replace('var', 'const')
    expect(await restoreConstants(code.join('\n'))).to.equal(expected.join('\n'))
  })
})
