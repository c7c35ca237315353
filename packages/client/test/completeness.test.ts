import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { ZooKeeper } from '../src/index.ts'

interface Row {
  readonly name: string
  /** The client's method; null for none, the operation's own name if absent. */
  readonly method?: string | null
}

const read = (file: string): string => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')

const rows: readonly Row[] = JSON.parse(read('protocol-spec/operations.json'))
const wanted = rows.flatMap(({ name, method = name }) => (method === null ? [] : [{ name, method }]))

describe('The operations of protocol-spec/operations.json', () => {
  it('have a method of the client, but for those whose row says that they have none', () => {
    const missing = wanted
      .filter(({ method }) => !Object.hasOwn(ZooKeeper.prototype, method))
      .map(
        ({ name, method }) =>
          `packages/client/src/znode-operations.ts or zookeeper.ts: no method ${method} for ${name}`,
      )
    expect(missing, missing.join('\n')).to.deep.equal([])
  })

  it('have a row of the table of methods in docs/client.md', () => {
    const rows = read('docs/client.md').match(/^\|.*\|$/gm) ?? []
    const missing = wanted
      .filter(({ method }) => !rows.some(row => row.split('|')[1]!.includes(`\`${method}(`)))
      .map(({ name, method }) => `docs/client.md: no row for \`${method}(\`, which sends ${name}`)
    expect(missing, missing.join('\n')).to.deep.equal([])
  })
})
