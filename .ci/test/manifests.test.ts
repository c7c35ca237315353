import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { hasCommonJs } from '../source/commonjs.ts'
import { forCommonJs, forModules, withNodeTypes, withoutPrivates } from '../source/declarations.ts'
import { ROOT, read } from '../source/files.ts'

interface Manifest {
  name: string
  private?: boolean
  dependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
}

/** The packages that are one engine, each written for exactly one release of the next: no others may meet. */
const ENGINE = ['@zookit/jute', '@zookit/connection', '@zookit/client']

const published = readdirSync(join(ROOT, 'packages'))
  .map((name): Manifest => JSON.parse(read(`packages/${name}/package.json`)))
  .filter(manifest => !manifest.private)

describe('the published packages', () => {
  it('take each other in a range, so that an application has one copy of each', () => {
    const fixed = published
      .filter(({ name }) => !ENGINE.includes(name))
      .flatMap(({ name, dependencies = {}, peerDependencies = {} }) =>
        Object.entries({ ...dependencies, ...peerDependencies })
          .filter(([on, range]) => on.startsWith('@zookit/') && range !== 'workspace:^')
          .map(([on, range]) => `${name}: ${on} ${range}`),
      )
    expect(fixed).to.deep.equal([])
  })

  it('leave the client of the recipes to the application, which makes it', () => {
    const recipes = published.find(({ name }) => name === '@zookit/recipes')!
    expect(recipes.peerDependencies).to.have.property('@zookit/client', 'workspace:^')
    expect(recipes.dependencies).not.to.have.property('@zookit/client')
  })
})

describe('the declarations of a package', () => {
  it('have no marks of private fields, and keep their lines', () => {
    const declared = 'export declare class A {\n    #private;\n    b(): string;\n}\n'
    expect(withoutPrivates(declared)).to.equal('export declare class A {\n\n    b(): string;\n}\n')
  })

  it('name files with the extension that they will have', () => {
    const declared = "import { A } from './a.ts';\nexport type B = import('../b.ts').B;\nimport 'node:net';\n"
    const modules = forModules(declared)
    expect(modules).to.equal(declared.replaceAll('.ts', '.js'))
    expect(forCommonJs(modules)).to.equal(declared.replaceAll('.ts', '.cjs'))
  })

  it('have no export whose name is text, which TypeScript reads since 5.6', () => {
    const declared = "import { A } from './a.ts';\nexport { A as default, A as 'module.exports' };\n"
    const modules = forModules(declared)
    expect(modules).to.equal("import { A } from './a.js';\nexport { A as default };\n")
    expect(forCommonJs(modules)).to.equal("import { A } from './a.cjs';\nexport = A;\n")
    const more = 'export declare class B {}\nexport { B as default };\n'
    expect(forCommonJs(more)).to.equal(more)
  })

  it('ask for the types of Node once', () => {
    const once = withNodeTypes('export declare const a: Buffer;\n')
    expect(once).to.match(/^\/\/\/ <reference types="node" \/>\nexport/)
    expect(withNodeTypes(once)).to.equal(once)
  })
})

describe('what a package exports', () => {
  const folders = readdirSync(join(ROOT, 'packages')).filter(name =>
    hasCommonJs(join(ROOT, 'packages', name)),
  )

  it('has a CommonJS file where a program may load it', () => {
    const all = published.map(({ name }) => name.replace('@zookit/', ''))
    // The programs are run, and read files of their own beside them.
    expect(folders).to.have.members(all.filter(name => name !== 'cli' && name !== 'console'))
  })

  for (const folder of folders) {
    it(`is one copy for import and require in Node, and declared for both: ${folder}`, () => {
      const manifest = JSON.parse(read(`packages/${folder}/package.json`))
      const named = Object.entries<{ default: string }>(manifest.exports)
      for (const [name, entry] of named) {
        const module = entry.default
        const base = module.replace(/\.js$/, '')
        // Node takes the first condition that it knows: `require` must not come before `module-sync`.
        expect(Object.entries(entry).slice(1), name).to.deep.equal([
          ['types', { require: `${base}.d.cts`, default: `${base}.d.ts` }],
          ['module-sync', module],
          ['require', `${base}.cjs`],
          ['default', module],
        ])
        if (name === '.') expect(manifest).to.include({ main: `${base}.cjs`, types: `${base}.d.cts` })
        else expect(manifest.typesVersions['*'][name.slice(2)]).to.deep.equal([`${base}.d.cts`])
      }
    })
  }
})
