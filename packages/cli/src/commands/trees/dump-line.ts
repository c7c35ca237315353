import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { type ACL, isEphemeral, openAcl, validatePath } from '@zookit/client'
import * as v from 'valibot'
import { CommandError } from '../../program/errors.ts'
import { ExitCode } from '../../program/exit-codes.ts'
import { cannotRead } from '../../program/standard-input.ts'
import { aclToJson, parseAcl } from '../../text/acl.ts'
import { asText, fromBase64, toJsonData } from '../../text/data.ts'
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
  /** Number of its line and name of the file, for messages. */
  readonly place: string
}

/** A field that export does not write may be a misspelt one that would be lost: it is refused. */
const line = v.pipe(
  v.strictObject({
    path: v.string(),
    data: v.optional(v.nullable(v.string())),
    base64: v.optional(v.pipe(v.string(), v.transform(fromBase64), v.instance(Buffer, 'this is not base64'))),
    acl: v.optional(
      v.pipe(
        v.array(v.strictObject({ scheme: v.string(), id: v.string(), perms: v.string() })),
        v.minLength(1, 'an ACL has an entry at least'),
      ),
    ),
    ephemeral: v.optional(v.string()),
  }),
  v.check(
    ({ data, base64 }) => data === undefined || base64 === undefined,
    'data and base64 exclude each other',
  ),
)

/** The ACL of a line that has none. */
const OPEN = aclToJson(openAcl)

/** Tells whether anybody may do anything. */
function isOpen(acl: readonly ACL[]): boolean {
  const [entry, ...others] = acl
  const [open] = openAcl
  if (others.length > 0 || entry?.perms !== open!.perms) return false
  return entry.id.scheme === open!.id.scheme && entry.id.id === open!.id.id
}

/** Formats a znode as one line of JSON. The open ACL, which most have, is left out. */
export function formatLine({ path, data, acl, stat }: ZnodeRecord): string {
  return toJson({
    path,
    ...toJsonData(data),
    ...(!isOpen(acl) && { acl: aclToJson(acl) }),
    ...(isEphemeral(stat) && { ephemeral: hex(stat.ephemeralOwner) }),
  })
}

/** Reads the lines of an export. @throws UsageError if there is no such file; CommandError that names a line that is no znode. */
export async function* readDump(source: string | Readable): AsyncGenerator<DumpedZnode, void, undefined> {
  const isFile = typeof source === 'string'
  const name = isFile ? source : 'standard input'
  let number = 0
  for await (const bytes of lines(isFile ? createReadStream(source) : source, name)) {
    number++
    const place = `line ${number} of ${name}`
    const znode = parseLine(bytes, place)
    if (znode !== null) yield znode
  }
}

/** Cuts a stream into lines, as bytes: what is not UTF-8 must not turn into something else. */
async function* lines(input: Readable, name: string): AsyncGenerator<Buffer, void, undefined> {
  let rest: Buffer[] = []
  let isBegun = false
  try {
    for await (const chunk of input) {
      isBegun = true
      const bytes = Buffer.from(chunk)
      let start = 0
      for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
        yield Buffer.concat([...rest, bytes.subarray(start, end)])
        rest = []
        start = end + 1
      }
      if (start < bytes.length) rest.push(bytes.subarray(start))
    }
  } catch (error) {
    throw cannotRead(name, error, isBegun)
  }
  if (rest.length > 0) yield Buffer.concat(rest)
}

/** @returns null for an empty line. */
function parseLine(bytes: Buffer, place: string): DumpedZnode | null {
  try {
    const text = asText(bytes)
    if (text === null) throw new Error('it is not UTF-8; other bytes stand in base64')
    if (text.replace(BYTE_ORDER_MARK, '').trim() === '') return null
    const {
      path,
      data,
      base64,
      acl = OPEN,
      ephemeral = null,
    } = v.parse(line, JSON.parse(text.replace(BYTE_ORDER_MARK, '')))
    validatePath(path)
    const entries = acl.flatMap(({ scheme, id, perms }) => parseAcl(`${scheme}:${id}:${perms}`))
    return { path, data: base64 ?? (data == null ? null : Buffer.from(data)), acl: entries, ephemeral, place }
  } catch (error) {
    throw new CommandError(
      `${place} is no znode: ${faultOf(error)}`,
      ExitCode.failed,
      '`zookit export` writes such lines. Mend it, and run the command again: what is done already is left as it is.',
    )
  }
}

function faultOf(error: unknown): string {
  const issue = v.isValiError(error) ? error.issues[0] : undefined
  if (issue?.type !== 'strict_object') return (error as Error).message
  const name = v.getDotPath(issue)
  return issue.expected === 'never' ? `it has an unknown field ${name}` : `it lacks the field ${name}`
}

/** A mark that some editors write at the beginning of a file. */
const BYTE_ORDER_MARK = /^\uFEFF/
