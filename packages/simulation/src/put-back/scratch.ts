import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type MendedFault, putBack } from './fault-file.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))

/** A copy of the packages, in which a fault can be put back. */
export interface Scratch {
  /** The folder of the copy, which stands for the repository's. */
  readonly folder: string
  /** Removes it. */
  remove(): void
}

/** Copies the packages without what is built, and puts a fault back in the copy. */
export function scratchWith(fault: MendedFault): Scratch {
  const folder = mkdtempSync(join(tmpdir(), 'put-back-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  try {
    const filter = (path: string): boolean =>
      !/\/(dist|test|\.tsbuildinfo)(\/|$)/.test(path.slice(ROOT.length))
    // The links of the packages to each other are relative: in the copy they lead to the copy.
    cpSync(join(ROOT, 'packages'), join(folder, 'packages'), {
      recursive: true,
      verbatimSymlinks: true,
      filter,
    })
    for (const name of ['package.json', 'tsconfig.base.json', 'tsconfig.json'])
      cpSync(join(ROOT, name), join(folder, name))
    // The loader of the workers is named by its place in the repository.
    for (const name of ['node_modules', '.ci']) symlinkSync(join(ROOT, name), join(folder, name))
    for (const edit of fault.edits) {
      const path = join(folder, edit.file)
      writeFileSync(path, putBack(readFileSync(path, 'utf8'), edit))
    }
  } catch (error) {
    remove()
    throw error
  }
  return { folder, remove }
}
