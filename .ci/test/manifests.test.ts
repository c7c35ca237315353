import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { withoutPrivates } from '../source/declarations.ts'
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
})
