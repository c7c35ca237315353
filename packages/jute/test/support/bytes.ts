import { expect } from 'chai'
import { JuteError, type JuteErrorCode, Writer } from '../../src/index.ts'

/** Bytes from hexadecimal digits, with blanks anywhere. */
export function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(/\s+/g, ''), 'hex')
}

/** Returns the bytes that `write` writes: a copy. */
export function written(write: (writer: Writer) => void): Buffer {
  const writer = new Writer()
  write(writer)
  return Buffer.from(writer.written())
}

/** Returns a body with its length before it. */
export function framed(body: Uint8Array): Buffer {
  const frame = Buffer.alloc(4 + body.length)
  frame.writeInt32BE(body.length)
  frame.set(body, 4)
  return frame
}

/** Returns the JuteError that `work` throws: its code is checked, its offset too where one is given. */
export function expectJuteError(work: () => unknown, code: JuteErrorCode, offset?: number): JuteError {
  let thrown: unknown
  try {
    work()
  } catch (error) {
    thrown = error
  }
  expect(thrown).to.be.instanceOf(JuteError)
  const error = thrown as JuteError
  expect(error.code).to.equal(code)
  if (offset !== undefined) expect(error.offset).to.equal(offset)
  return error
}
