import { expect } from 'chai'
import { changeEvent } from '../../src/watches/change-event.ts'

describe('An event of a change', () => {
  it('is an object of its own, however many were made before it', () => {
    const events = Array.from({ length: 100 }, (_, index) =>
      changeEvent('changed', `/${index}`, BigInt(index)),
    )
    expect(new Set(events).size).to.equal(100)
    for (const [index, event] of events.entries()) {
      expect(event).to.deep.equal({ type: 'changed', path: `/${index}`, zxid: BigInt(index) })
    }
  })

  it('is plain but for its method for JSON, which copies and comparisons do not see', () => {
    const event = changeEvent('created', '/a', 7n)
    expect(Object.getPrototypeOf(event)).to.equal(Object.prototype)
    expect(Object.keys(event)).to.deep.equal(['type', 'path', 'zxid'])
    expect(JSON.stringify(event)).to.equal('{"type":"created","path":"/a","zxid":"7"}')
  })
})
