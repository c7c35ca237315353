import { expect } from 'chai'
import { ZooKeeper } from '../src/index.ts'
import { clientMethods, read } from './support/operations.ts'

describe('The operations of protocol-spec/operations.json', () => {
  it('have a method of the client, except those whose row says that they have none', () => {
    const missing = clientMethods
      .filter(({ method }) => !Object.hasOwn(ZooKeeper.prototype, method))
      .map(
        ({ name, method }) =>
          `packages/client/src/znode-operations.ts or zookeeper.ts: no method ${method} for ${name}`,
      )
    expect(missing, missing.join('\n')).to.deep.equal([])
  })

  it('have a row of the table of methods in docs/client.md', () => {
    const rows = read('docs/client.md').match(/^\|.*\|$/gm) ?? []
    const missing = clientMethods
      .filter(({ method }) => !rows.some(row => row.split('|')[1]!.includes(`\`${method}(`)))
      .map(({ name, method }) => `docs/client.md: no row for \`${method}(\`, which sends ${name}`)
    expect(missing, missing.join('\n')).to.deep.equal([])
  })
})
