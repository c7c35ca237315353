import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { folderOf } from '../src/bin/compiled.ts'

const run = promisify(execFile)

const COMPILED = fileURLToPath(new URL('../src/bin/compiled.ts', import.meta.url))

/** A program that tells if its compiled code was taken: the engine need not read the text of a function it has. */
const PROGRAM = (word: string): string =>
  `const called = () => '${word}'; exports.say = () => process.stdout.write(called() + (process.argv[2] ?? ''));`

describe('compiled code of the program', () => {
  let place: string
  let folder: string

  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), 'zookit-compiled-'))
    folder = join(place, 'cache', 'node')
    await writeFile(
      join(place, 'main.mts'),
      `import { createRequire } from 'node:module'
      import { Script } from 'node:vm'
      import { runCompiled } from ${JSON.stringify(COMPILED)}
      const [file, folder, code] = process.argv.slice(2)
      process.argv.splice(2, 3)
      process.exitCode = Number(code)
      const { say } = runCompiled({ file, folder, part: 'get', require: createRequire(file) })
      say()`,
    )
  })

  afterEach(() => rm(place, { recursive: true }))

  /** Runs a program in a process of its own. @returns what it has printed, and the time when its compiled code was written. */
  async function start(
    name: string,
    text: string,
    code = 0,
  ): Promise<{ out: string; written: number | null }> {
    const file = join(place, name)
    await writeFile(file, text)
    const args = ['--import=tsx', join(place, 'main.mts'), file, folder, String(code)]
    const { stdout } = await run(process.execPath, args).catch((failed: { stdout: string }) => failed)
    const written = await stat(join(folder, 'get')).catch(() => null)
    return { out: stdout, written: written?.mtimeMs ?? null }
  }

  it('is kept when the program ends well, where only its user can write, and is taken by the next run', async () => {
    const first = await start('a.cjs', PROGRAM('one'))
    expect(first).to.include({ out: 'one' })
    expect((await stat(folder)).mode & 0o777).to.equal(0o700)
    const second = await start('a.cjs', PROGRAM('one'))
    expect(second).to.deep.equal(first)
  })

  it('is not kept when the program fails', async () => {
    expect(await start('a.cjs', PROGRAM('one'), 3)).to.deep.equal({ out: 'one', written: null })
  })

  it('is not taken for another program of the same length', async () => {
    await start('a.cjs', PROGRAM('one'))
    expect(await start('b.cjs', PROGRAM('two'))).to.include({ out: 'two' })
  })

  it('is made again where it is damaged', async () => {
    const { written } = await start('a.cjs', PROGRAM('one'))
    const file = join(folder, 'get')
    const bytes = await readFile(file)
    await writeFile(file, bytes.subarray(0, bytes.length / 2))
    const again = await start('a.cjs', PROGRAM('one'))
    expect(again.out).to.equal('one')
    expect(again.written).to.be.greaterThan(written!)
    expect((await readFile(file)).length).to.be.greaterThan(bytes.length / 2)
  })

  it('is neither taken nor kept where others can write', async () => {
    await mkdir(folder, { recursive: true })
    await chmod(folder, 0o777)
    expect(await start('a.cjs', PROGRAM('one'))).to.deep.equal({ out: 'one', written: null })
  })

  it('lies in the folder of the user, or nowhere', () => {
    const own = `zookit/node-${process.versions.node}-${process.arch}`
    expect(folderOf({ HOME: '/home/me' })).to.equal(`/home/me/.cache/${own}`)
    expect(folderOf({ HOME: '/home/me', XDG_CACHE_HOME: '/var/me' })).to.equal(`/var/me/${own}`)
    expect(folderOf({ HOME: '/home/me', NODE_DISABLE_COMPILE_CACHE: '1' })).to.equal(null)
    expect(folderOf({ HOME: 'me' })).to.equal(null)
    expect(folderOf({})).to.equal(null)
  })
})
