import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { type ACL, isEphemeral, validatePath } from '@zookit/client'
import * as v from 'valibot'
import { UsageError } from '../../program/errors.ts'
import { aclToJson, parseAcl } from '../../text/acl.ts'
import { fromJsonData, toJsonData } from '../../text/data.ts'
import { toJson } from '../../text/printable.ts'
import { hex } from '../../text/stat.ts'
import type { ZnodeRecord } from './records.ts'

/** A znode as a line of an export has it. */
export interface DumpedZnode {
  readonly path: string
  readonly data: Buffer | null
  readonly acl: readonly ACL[]
  /** The session that it belonged to, in hexadecimal, or null. */
  readonly ephemeral: string | null
}

const line = v.pipe(
  v.object({
    path: v.pipe(v.string(), v.startsWith('/')),
    data: v.optional(v.nullable(v.string())),
    base64: v.optional(v.string()),
    acl: v.optional(v.array(v.object({ scheme: v.string(), id: v.string(), perms: v.string() }))),
    ephemeral: v.optional(v.string()),
  }),
  v.check(
    ({ data, base64 }) => data === undefined || base64 === undefined,
    'data and base64 exclude each other',
  ),
)

const OPEN = [{ scheme: 'world', id: 'anyone', perms: 'cdrwa' }]

/** Formats a znode as one line of JSON. The open ACL, which most have, is left out. */
export function formatLine({ path, data, acl, stat }: ZnodeRecord): string {
  const entries = aclToJson(acl)
  const isOpen = toJson(entries) === toJson(OPEN)
  return toJson({
    path,
    ...toJsonData(data),
    ...(!isOpen && { acl: entries }),
    ...(isEphemeral(stat) && { ephemeral: hex(stat.ephemeralOwner) }),
  })
}

/** Reads the lines of an export. @throws UsageError that names the line. */
export async function* readDump(
  file: string | undefined,
  stdin: Readable,
): AsyncGenerator<DumpedZnode, void, undefined> {
  const input = file === undefined ? stdin : createReadStream(file)
  let number = 0
  try {
    for await (const text of createInterface({ input, crlfDelay: Infinity })) {
      number++
      if (text.trim() !== '') yield parseLine(text)
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== undefined) throw new UsageError(`cannot read ${file}: ${message}`)
    throw new UsageError(
      `line ${number} of ${file ?? 'standard input'} is no znode: ${message}`,
      '`zookit export` writes such lines.',
    )
  }
}

function parseLine(text: string): DumpedZnode {
  const { path, data = null, base64, acl = OPEN, ephemeral = null } = v.parse(line, JSON.parse(text))
  validatePath(path)
  const bytes = fromJsonData(base64 === undefined ? { data } : { base64 })
  const entries = acl.flatMap(({ scheme, id, perms }) => parseAcl(`${scheme}:${id}:${perms}`))
  return { path, data: bytes, acl: entries, ephemeral }
}
