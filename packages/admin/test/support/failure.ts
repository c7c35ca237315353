import { expect } from 'chai'
import { AdminError } from '../../src/index.ts'

/** Returns the error that a promise is rejected with. */
export async function failure(promise: Promise<unknown>): Promise<AdminError> {
  const error = await promise.then(
    value => expect.fail(`it succeeded with ${String(value)}`),
    (reason: unknown) => reason,
  )
  expect(error).to.be.instanceOf(AdminError)
  return error as AdminError
}
