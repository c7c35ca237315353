import { inspect } from 'node:util'
import { expect } from 'chai'
import * as original from 'node-zookeeper-client'
import together, * as ours from '../src/index.ts'

type Values = Record<string, unknown>

/** Lists the constants of a class or an object, with the text of those that are instances. */
function constants(value: object): Values {
  const entries = Object.entries(value).filter(([, each]) => typeof each !== 'function')
  return Object.fromEntries(
    entries.map(([name, each]) => [name, typeof each === 'object' ? String(each) : each]),
  )
}

describe('the exports are those of node-zookeeper-client 1.1.3', () => {
  const theirs = original as unknown as Record<string, object>
  const own = ours as unknown as Record<string, object>

  it('by name, and all together by default', () => {
    const names = Object.keys(theirs).filter(name => name !== 'default' && name !== 'module.exports')
    expect(Object.keys(together).sort()).to.deep.equal(names.sort())
    for (const name of names) expect(own, name).to.have.property(name, (together as unknown as Values)[name])
  })

  for (const name of ['Permission', 'CreateMode', 'State', 'Event', 'Exception']) {
    it(`with the constants of ${name}`, () => {
      expect(constants(own[name]!)).to.deep.equal(constants(theirs[name]!))
    })
  }

  it('with the ready lists of ACLs and Ids', () => {
    const names = ['OPEN_ACL_UNSAFE', 'CREATOR_ALL_ACL', 'READ_ACL_UNSAFE', 'ANYONE_ID_UNSAFE', 'AUTH_IDS']
    const texts = (library: Record<string, object>): string[] =>
      names.map(name => JSON.stringify((library.ACL as Values)[name] ?? (library.Id as Values)[name]))
    expect(texts(own)).to.deep.equal(texts(theirs))
  })

  it('with exceptions that are Errors, and look the same', () => {
    for (const code of Object.values(constants(theirs.Exception!)) as number[]) {
      for (const path of [undefined, '/a']) {
        const [expected, actual] = [theirs, own].map(library => {
          const { create } = library.Exception as unknown as { create(code: number, path?: string): Error }
          const error = create(code, path)
          expect(error)
            .to.be.instanceOf(Error)
            .and.instanceOf(library.Exception as never)
          return { text: String(error), json: JSON.stringify(error), shown: inspect(error).split('\n')[0] }
        })
        expect(actual).to.deep.equal(expected)
      }
    }
  })
})
