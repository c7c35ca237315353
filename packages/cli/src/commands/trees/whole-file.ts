import { chmod, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { UsageError } from '../../program/errors.ts'

/** A file that is written as a whole, or not at all. */
interface WholeFile extends AsyncDisposable {
  /** Writes all of the text, and puts it in the place of what was there. @throws Error of the file, or of the text. */
  write(text: AsyncIterable<string>): Promise<void>
}

/**
 * Opens a file for a text that may fail to come. It is written beside its place, so that a failure keeps what was there. What is
 * no file, such as /dev/stdout, is written itself.
 *
 * @throws UsageError.
 */
export async function openWhole(name: string): Promise<WholeFile> {
  const former = await stat(name).catch(() => null)
  const isFile = former?.isFile() ?? true
  // A link goes on to lead to its file.
  const place = former === null ? name : await realpath(name)
  const written = isFile ? `${place}.${process.pid}.part` : name
  const file = await open(written, isFile ? 'wx' : 'w', 0o600).catch((error: Error) => {
    throw new UsageError(
      `cannot write ${name}: ${error.message}`,
      'Name a file in a folder that you may write to.',
    )
  })
  return {
    async write(text) {
      await pipeline(text, file.createWriteStream())
      if (!isFile) return
      if (former !== null) await chmod(written, former.mode)
      await rename(written, place)
    },
    async [Symbol.asyncDispose]() {
      await file.close()
      if (isFile) await rm(written, { force: true })
    },
  }
}
