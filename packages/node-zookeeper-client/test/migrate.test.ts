import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { createClient } from '../src/index.ts'

const page = readFileSync(
  new URL('../../../docs/migrate/from-node-zookeeper-client.md', import.meta.url),
  'utf8',
)
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

/** The first column of the table of methods. */
const before = page
  .slice(page.indexOf('| node-zookeeper-client | `@zookit/client` |'))
  .split('\n')
  .map(line => line.split('|')[1] ?? '')
  .join('\n')

const methodsOf = (value: object): string[] =>
  Object.getOwnPropertyNames(Object.getPrototypeOf(value)).filter(
    name => name !== 'constructor' && name !== 'zookit',
  )

describe('docs/migrate/from-node-zookeeper-client.md', () => {
  const client = createClient('a:2181')

  for (const name of [
    ...methodsOf(client),
    ...methodsOf(client.transaction()),
    ...Object.keys(client.options),
  ]) {
    it(`tells the successor of ${name}`, () => expect(before).to.match(new RegExp(`\\b${name}\\b`)))
  }

  it('names the same heading that it links to', () => expect(readme).to.include('## What differs on purpose'))
})
