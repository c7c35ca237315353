import { type ACL, type AnyOperation, type Operation, op, type Reader, type Stat } from '@zookit/jute'
import type { Chroot } from './path.ts'

/**
 * An operation that decodes its reply straight into the result of a method. The request's promise then needs no `then`
 * that converts the record: a second promise costs as much as the rest of a request (`pnpm bench`).
 */
export type Shaped<Result> = Operation<unknown, Result>

/** The result of getData. */
export interface NodeData {
  /** A Buffer of its own, or null. Null differs from empty. */
  data: Buffer | null
  stat: Stat
}

/** The result of getChildren. */
export interface Children {
  /** The names, not the paths, in no order. */
  children: string[]
  /** The Stat of the znode itself. */
  stat: Stat
}

/** The result of getAcl. */
export interface NodeAcl {
  acl: ACL[]
  stat: Stat
}

/** The result of createWithStat. */
export interface Created {
  /** The path of the znode, which the server has completed in the sequential modes. */
  path: string
  stat: Stat
}

type Rows = Omit<typeof op, 'operations'>

/** The answer of a row: what `readAnswer` returns. */
type AnswerOf<Row> = Row extends { readAnswer(reader: Reader): infer Answer } ? Answer : never

/** Every row of the table of operations under its name, shaped for a client. */
export type ClientOperations = { readonly [Name in keyof Rows]: Shaped<AnswerOf<Rows[Name]>> } & {
  /** createContainer, answered with the path alone. */
  readonly createContainerPath: Shaped<string>
  /** createTTL, answered with the path alone. */
  readonly createTTLPath: Shaped<string>
}

let withoutChroot: ClientOperations | undefined

/** Makes the operations of a client. All clients without a chroot share theirs. */
export function operationsFor(chroot: Chroot): ClientOperations {
  return chroot.path === '' ? (withoutChroot ??= shapeAll(chroot)) : shapeAll(chroot)
}

function shapeAll(chroot: Chroot): ClientOperations {
  const rows = Object.fromEntries(
    op.operations.map(row => [row.name, shape({ ...row, chroot: chroot.path }, answerReader(row, chroot))]),
  ) as Omit<ClientOperations, 'createContainerPath' | 'createTTLPath'>
  const { createContainer, createTTL } = rows
  return {
    ...rows,
    createContainerPath: shape(
      { ...createContainer, name: 'create' },
      reader => createContainer.readResponse(reader).path,
    ),
    createTTLPath: shape({ ...createTTL, name: 'create' }, reader => createTTL.readResponse(reader).path),
  }
}

/** The methods of which ZooKeeper's operations have another name. Errors name the method. */
const METHODS: Readonly<Record<string, string>> = {
  create2: 'createWithStat',
  createContainer: 'createWithStat',
  createTTL: 'createWithStat',
  getACL: 'getAcl',
  getChildren2: 'getChildren',
  setACL: 'setAcl',
}

function shape<Result>(row: AnyOperation, readResponse: (reader: Reader) => Result): Shaped<Result> {
  return { ...row, name: METHODS[row.name] ?? row.name, readResponse }
}

/**
 * Gives an operation another result. The work is done while the reply is read, not in a `then` of the request's promise, so
 * that no later reply can overtake it.
 *
 * @param decode makes the result. A ZooKeeperError that it throws rejects the request.
 */
export function mapped<Reply, Result>(
  operation: Shaped<Reply>,
  decode: (reply: Reply) => Result,
): Shaped<Result> {
  return shape(operation as AnyOperation, reader => decode(operation.readResponse(reader)))
}

/** Returns the function that reads a row's answer, with the chroot taken off the fields that the table calls paths. */
function answerReader(row: AnyOperation, chroot: Chroot): (reader: Reader) => unknown {
  const { answer } = row
  if (chroot.path === '' || answer === null || row.responsePaths.length === 0) return row.readAnswer
  return reader => {
    const response = row.readResponse(reader) as Record<string, string | string[]>
    for (const field of row.responsePaths) response[field] = stripped(chroot, response[field]!)
    return answer === '*' ? response : response[answer]
  }
}

/** Takes the chroot off a path, or off those paths of a list that are within it; the others are left out. */
function stripped(chroot: Chroot, paths: string | string[]): string | string[] {
  if (typeof paths === 'string') return chroot.strip(paths)
  return paths.filter(path => chroot.contains(path)).map(path => chroot.strip(path))
}
