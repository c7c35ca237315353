import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { filesThat, ROOT, read } from '../source/files.ts'

interface Manifest {
  name: string
  version: string
  license?: string
  private?: boolean
  scripts?: Record<string, string>
  dependencies?: Record<string, string>
}

const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall']

const manifestOf = (folder: string): Manifest => JSON.parse(read(join(folder, 'package.json')))

/** The folders of the packages that are published. */
const published = readdirSync(join(ROOT, 'packages'))
  .map(name => `packages/${name}`)
  .filter(folder => manifestOf(folder).private !== true)

/** Returns the folder of a dependency as Node finds it from a package. */
function folderOf(name: string, from: string): string {
  for (let folder = realpathSync(join(ROOT, from)); folder !== dirname(folder); folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name)
    if (existsSync(candidate)) return realpathSync(candidate).slice(ROOT.length)
  }
  throw new Error(`${from} depends on ${name}, which is not installed`)
}

/** Adds what a package needs to run, and what that needs. */
function collect(folder: string, found: Map<string, Manifest>): Map<string, Manifest> {
  for (const name of Object.keys(manifestOf(folder).dependencies ?? {})) {
    if (name.startsWith('@zookit/') || found.has(name)) continue
    const place = folderOf(name, folder)
    found.set(name, manifestOf(place))
    collect(place, found)
  }
  return found
}

const needed = published.reduce((found, folder) => collect(folder, found), new Map<string, Manifest>())

describe('What is published', () => {
  it('has no install scripts, and needs nothing that has', () => {
    const all = [...published.map(manifestOf), ...needed.values()]
    const scripts = all.flatMap(({ name, scripts = {} }) =>
      INSTALL_SCRIPTS.filter(script => script in scripts).map(script => `${name}: ${script}`),
    )
    expect(all.length).to.be.greaterThan(5)
    expect(scripts).to.deep.equal([])
  })

  it('lists in THIRD-PARTY.md the licences of all that it needs', () => {
    const rows = [...needed.values()].map(
      ({ name, version, license }) => `| ${name} | ${version} | ${license} |`,
    )
    const listed = read('THIRD-PARTY.md').match(/^\| [^|]+ \| \d[^|]* \| [^|]+ \|$/gm) ?? []
    expect([...listed].sort()).to.deep.equal(rows.sort())
  })
})

describe('The workflows', () => {
  const files = filesThat(/^\.github\/workflows\/.*\.ya?ml$/)

  it('pin every action to a commit, and say which version that is', () => {
    const uses = files.flatMap(file => [...read(file).matchAll(/uses: (.*)$/gm)].map(([, action]) => action!))
    expect(uses).to.have.lengthOf.above(2)
    expect(uses.filter(action => !/^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action))).to.deep.equal([])
  })

  it('may read the repository only, unless a job says more', () => {
    for (const file of files) expect(read(file), file).to.match(/^permissions:\n {2}contents: read$/m)
  })
})

describe('The claims of docs/security.md', () => {
  const claims = [...read('docs/security.md').matchAll(/^\| .* \| `([^`]+)`: "([^"]+)" \| .* \|$/gm)]

  it('name tests that exist', () => {
    expect(claims).to.have.lengthOf.above(15)
    const missing = claims.filter(
      ([, file, title]) => !existsSync(join(ROOT, file!)) || !read(file!).includes(title!),
    )
    expect(missing.map(([row]) => row)).to.deep.equal([])
  })
})
