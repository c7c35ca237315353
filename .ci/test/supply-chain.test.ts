import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { filesThat, ROOT, read } from '../source/files.ts'
import { manifestOf, needed, published } from '../source/needed.ts'

const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall']
const PERMISSIVE = ['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Zlib']

/** True if every licence of an expression such as `(MIT AND Zlib)` is permissive. */
function isPermissive(expression: string): boolean {
  return expression
    .replaceAll(/[()]/g, '')
    .split(' AND ')
    .every(each => PERMISSIVE.includes(each))
}

describe('What is published', () => {
  it('has no install scripts, and needs nothing that has', () => {
    const all = [...published.map(manifestOf), ...needed.values()]
    const scripts = all.flatMap(({ name, scripts = {} }) =>
      INSTALL_SCRIPTS.filter(script => script in scripts).map(script => `${name}: ${script}`),
    )
    expect(all.length).to.be.greaterThan(5)
    expect(scripts).to.deep.equal([])
  })

  it('needs nothing whose licence asks more than that it is named', () => {
    const others = [...needed.values()].filter(({ license = '' }) => !isPermissive(license))
    expect(others.map(({ name, license }) => `${name}: ${license}`)).to.deep.equal([])
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

describe('What builds and publishes', () => {
  const manifests = ['package.json', 'site/package.json']

  it('runs the one pnpm that package.json names, to the patch', () => {
    const files = [
      ...filesThat(/^(\.github\/workflows\/.*\.ya?ml|\.devcontainer\/.*|\.ci\/run)$/),
      ...manifests,
    ]
    const calls = files.flatMap(file =>
      [...read(file).matchAll(/.*(?:npx|pnpm@|corepack).*/g)].map(([line]) => line),
    )
    expect(calls.filter(line => !/"packageManager"|npx (?!-y pnpm)/.test(line))).to.deep.equal([])
    const [first, ...others] = manifests.map(file => JSON.parse(read(file)).packageManager)
    expect(first).to.match(/^pnpm@\d+\.\d+\.\d+$/)
    expect(others).to.deep.equal([first])
  })
})

/** The words of the column of servers, and what the file of a test must have for each. */
const SERVERS: readonly (readonly [word: RegExp, evidence: RegExp])[] = [
  [/^3\.[89]/, /describeServers|findTargets|support\/places/],
  [/^in memory$/, /describeServers|findTargets|TestServer|server over sockets|support\/places/],
  [/^simulated$/, /Simulation/],
  [/^(none|HTTP|SSH)$/, /./],
]

describe('The claims of docs/security.md', () => {
  const [, table = ''] = read('docs/security.md').split('## What holds')
  const rows = table.split('\n').filter(line => /^\| (?!claim )/.test(line))
  const claims = rows.map(row => /^\| .+ \| `([^`]+)`: "([^"]+)" \| (.+) \|$/.exec(row))

  it('have a test and its servers each', () => {
    expect(rows).to.have.lengthOf.above(30)
    expect(rows.filter((_, i) => claims[i] === null)).to.deep.equal([])
  })

  it('name tests that exist, by words of a title', () => {
    const missing = claims.filter(claim => {
      const [, file, title] = claim!
      if (!existsSync(join(ROOT, file!))) return true
      // A title is a literal, or the key of a table of cases.
      return !read(file!)
        .split('\n')
        .some(line => /['"`]/.test(line.split(title!)[0]!) && line.includes(title!))
    })
    expect(missing.map(claim => claim![0])).to.deep.equal([])
  })

  it('name servers that the file of the test has', () => {
    const wrong = claims.flatMap(claim => {
      const [row, file, , servers] = claim!
      return servers!.split(', ').flatMap(server => {
        const known = SERVERS.find(([word]) => word.test(server))
        return known?.[1].test(read(file!)) ? [] : [`${server}: ${row}`]
      })
    })
    expect(wrong).to.deep.equal([])
  })
})
