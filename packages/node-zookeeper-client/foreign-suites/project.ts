import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { PROGRAMS, TESTED } from './dependents.ts'

const run = promisify(execFile)

const HERE = fileURLToPath(new URL('.', import.meta.url))
const ROOT = join(HERE, '../../..')

/** The package that the dependents find as node-zookeeper-client: the original, or this one through the alias. */
export type Library = 'original' | 'alias'

const CHAIS = ['1.5.0', '1.10.0', '3.5.0']

/** The original package that `programs/` are compared with. Its tests are taken from it, too. */
const ORIGINAL = '1.1.3'

/** The packages of this repository that the alias needs, packed as for npm. The build must be there. */
async function pack(folder: string): Promise<Record<string, string>> {
  const names = ['jute', 'connection', 'client', 'node-zookeeper-client']
  for (const name of names) {
    const cwd = join(ROOT, 'packages', name)
    await run(process.execPath, [join(ROOT, '.ci/pnpm.mjs'), 'pack', '--pack-destination', folder], { cwd })
  }
  const files = await readdir(folder)
  const tarball = (name: string): string =>
    `file:${join(folder, files.find(file => file.startsWith(`zookit-${name}-`))!)}`
  return Object.fromEntries(names.map(name => [`@zookit/${name}`, tarball(name)]))
}

/** A folder with all dependents and one library, as npm installs them. */
export class Project implements AsyncDisposable {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  /** Makes a project. @throws Error if the registry is not reached. */
  static async install(library: Library): Promise<Project> {
    const folder = await mkdtemp(join(tmpdir(), `zookit-dependents-${library}-`))
    const others = [...PROGRAMS, ...TESTED].filter(({ name }) => name !== 'node-zookeeper-client')
    const { '@zookit/node-zookeeper-client': alias = ORIGINAL, ...own } =
      library === 'alias' ? await pack(folder) : {}
    const manifest = {
      private: true,
      dependencies: {
        'node-zookeeper-client': alias,
        'their-tests': `npm:node-zookeeper-client@${ORIGINAL}`,
        ...own,
        ...Object.fromEntries(others.map(({ name, version }) => [name, version])),
        ...Object.fromEntries(CHAIS.map(version => [`chai-${version}`, `npm:chai@${version}`])),
      },
      overrides: { 'node-zookeeper-client': '$node-zookeeper-client' },
    }
    await writeFile(join(folder, 'package.json'), JSON.stringify(manifest))
    await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder })
    await cp(join(HERE, 'programs'), folder, { recursive: true })
    return new Project(folder)
  }

  /** Returns the folder of a package's tests. */
  async testsOf(name: string): Promise<string> {
    if (name !== 'node-zookeeper-client') return join(this.folder, 'node_modules', name)
    // The original's tests load `../../lib/NAME.js`: here each is the module of that path of the package.
    const folder = join(this.folder, 'suite')
    await mkdir(join(folder, 'lib'), { recursive: true })
    await cp(join(this.folder, 'node_modules/their-tests/test'), join(folder, 'test'), { recursive: true })
    for (const file of await readdir(join(folder, 'test/lib'))) {
      const module = file.replace('.test.js', '.js')
      const path = JSON.stringify(`node-zookeeper-client/lib/${module}`)
      await writeFile(join(folder, 'lib', module), `module.exports = require(${path})\n`)
    }
    return folder
  }

  /** Returns the version of the library that a dependent finds. */
  async versionFor(dependent: string): Promise<string> {
    const home = join(this.folder, 'node_modules')
    for (const folder of [join(home, dependent, 'node_modules'), home]) {
      const manifest = await readFile(join(folder, 'node-zookeeper-client/package.json'), 'utf8').catch(
        () => null,
      )
      if (manifest !== null) return `${JSON.parse(manifest).name} ${JSON.parse(manifest).version}`
    }
    throw new Error(`${dependent} finds no node-zookeeper-client`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}
