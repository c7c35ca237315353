import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { filesThat, ROOT, read } from '../source/files.ts'
import { manifestOf, needed, published } from '../source/needed.ts'

const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall']
const PERMISSIVE = ['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD']

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
    const others = [...needed.values()].filter(({ license = '' }) => !PERMISSIVE.includes(license))
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
