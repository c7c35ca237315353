import { ZooKeeperError } from '@zookit/client'
import { expect } from 'chai'
import {
  type CacheEvent,
  type ConfigEvent,
  type InstanceListEvent,
  type KeptNodeEvent,
  SharedValue,
  type SharedValueEvent,
} from '../src/index.ts'
import { TestBed } from './support/test-bed.ts'

type EventWithError =
  | CacheEvent
  | ConfigEvent<string>
  | InstanceListEvent
  | KeptNodeEvent
  | SharedValueEvent<string>

/** Reads the error of any event as a program does: this compiles only if each of them is declared. */
function messageOf(event: EventWithError): string | undefined {
  if (event.type !== 'error' && event.type !== 'invalid') return undefined
  const { error } = event
  return ZooKeeperError.is(error) ? error.code : error.message
}

describe('The error of an event', () => {
  it('is an Error, also where a codec throws something else', async () => {
    await using bed = await TestBed.start({ seed: { a: 'one' } })
    const zk = await bed.client()
    const decode = (data: Buffer): string => {
      if (String(data) === 'two') throw 'no such value'
      return String(data)
    }
    await using value = new SharedValue(zk, '/a', { codec: { encode: String, decode }, jitter: 0 })
    await value.start()
    const changes = value.changes()
    await zk.setData('/a', 'two')
    const { value: event } = await changes.next()
    expect(event).to.include({ type: 'error' })
    expect(event).to.have.property('error').that.is.instanceOf(Error)
    expect(messageOf(event!)).to.include('no such value')
  })
})
