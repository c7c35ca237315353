import { ZooKeeperError } from '@zookit/connection'
import { expect } from 'chai'

/** Expects `action` to refuse its arguments before anything is sent. */
export function expectBadArguments(action: () => unknown, reason: RegExp, path?: string): void {
  const error = expect(action).to.throw(ZooKeeperError, reason)
  error.with.property('code', 'BAD_ARGUMENTS')
  error.with.property('outcome', 'not-sent')
  if (path !== undefined) error.with.property('path', path)
}
