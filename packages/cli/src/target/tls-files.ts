import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { UsageError } from '../program/errors.ts'

/** Files of certificates and keys, in PEM. */
export interface TlsFiles {
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

/** Reads the files. Relative ones begin at `from`. @throws UsageError that names a file that cannot be read. */
export function readTls(
  files: TlsFiles,
  from: string = process.cwd(),
): { [Name in keyof TlsFiles]?: Buffer } {
  const named = Object.entries(files).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return Object.fromEntries(named.map(([name, file]) => [name, read(name, resolve(from, file))]))
}

function read(name: string, file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new UsageError(
      `cannot read the TLS file ${name}: ${(error as Error).message}`,
      'Check its path and its rights.',
    )
  }
}
