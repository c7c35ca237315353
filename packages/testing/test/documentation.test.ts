import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { ServerControl, TestEnsemble, TestMember, TestServer } from '../src/index.ts'

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
const PAGE = read('docs/testing.md')

function optionsOf(file: string, name: string): string[] {
  const source = new RegExp(`export interface ${name} [^{]*\\{([\\s\\S]*?)\\n\\}`).exec(read(file))![1]!
  return [...source.matchAll(/^ {2}(\w+)\?:/gm)].map(match => match[1]!)
}

describe('The page of @zookit/testing', () => {
  it('names every option of servers and ensembles', () => {
    const options = [
      ...optionsOf('packages/testing/src/server/settings.ts', 'CoreOptions'),
      ...optionsOf('packages/testing/src/test-server.ts', 'TestServerOptions'),
      ...optionsOf('packages/testing/src/ensemble/test-ensemble.ts', 'TestEnsembleOptions'),
    ]
    expect(options).to.include.members(['tickTime', 'seed', 'size'])
    for (const option of options) expect(PAGE).to.contain(`\`${option}\``)
  })

  it('names every fault and every other public member', () => {
    for (const type of [ServerControl, TestServer, TestMember, TestEnsemble]) {
      const names = Object.getOwnPropertyNames(type.prototype).filter(name => name !== 'constructor')
      expect(names).to.have.lengthOf.above(5)
      for (const name of names) expect(PAGE, name).to.match(new RegExp(`\\b${name}\\b`))
    }
  })
})
