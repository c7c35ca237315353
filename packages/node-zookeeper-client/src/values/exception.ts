import assert from 'node:assert'
import { ZooKeeperError } from '@zookit/client'

/** A function, such as the constructor above which a stack begins. */
// biome-ignore lint/complexity/noBannedTypes: `@types/node-zookeeper-client` has this type
type AnyFunction = Function

/** The error of a callback. */
export class Exception extends Error {
  static readonly OK: number = 0
  static readonly SYSTEM_ERROR: number = -1
  static readonly RUNTIME_INCONSISTENCY: number = -2
  static readonly DATA_INCONSISTENCY: number = -3
  static readonly CONNECTION_LOSS: number = -4
  static readonly MARSHALLING_ERROR: number = -5
  static readonly UNIMPLEMENTED: number = -6
  static readonly OPERATION_TIMEOUT: number = -7
  static readonly BAD_ARGUMENTS: number = -8
  static readonly API_ERROR: number = -100
  static readonly NO_NODE: number = -101
  static readonly NO_AUTH: number = -102
  static readonly BAD_VERSION: number = -103
  static readonly NO_CHILDREN_FOR_EPHEMERALS: number = -108
  static readonly NODE_EXISTS: number = -110
  static readonly NOT_EMPTY: number = -111
  static readonly SESSION_EXPIRED: number = -112
  static readonly INVALID_CALLBACK: number = -113
  static readonly INVALID_ACL: number = -114
  static readonly AUTH_FAILED: number = -115

  /** ZooKeeper's number. */
  code: number
  /** The name of the number. */
  override name: string
  path: string | undefined
  override message: string

  /**
   * @param path the path, which may be left out.
   * @param ctor the function above which the stack begins.
   * @throws AssertionError, or Error for an unknown code.
   */
  constructor(code: number, name: string, path: string, ctor: AnyFunction)
  constructor(code: number, name: string, ctor: AnyFunction)
  constructor(code: number, name: string, ...rest: [string, AnyFunction] | [AnyFunction]) {
    const [path, ctor] = (rest.length > 1 && rest[1] ? rest : [undefined, rest[0]]) as [string, AnyFunction]
    super()
    if (ctor !== fromNumber) checkCode(code)
    assert(name && typeof name === 'string', 'the name of an exception must be a non-empty string')
    assert(typeof ctor === 'function', 'ctor must be a function.')
    Error.captureStackTrace(this, ctor)
    this.code = code
    this.name = name
    this.path = path
    this.message = `Exception: ${name}[${code}]${path ? `@${path}` : ''}`
  }

  /** Makes the exception of a code. @throws AssertionError, or Error for an unknown code. */
  static create(code: number, path?: string): Exception {
    checkCode(code)
    const name = names.get(code)!
    return path === undefined
      ? new Exception(code, name, Exception.create)
      : new Exception(code, name, path, Exception.create)
  }

  getCode(): number {
    return this.code
  }

  getName(): string {
    return this.name
  }

  /** Returns the path, which the exceptions of a client do not have. The type is that of `@types/node-zookeeper-client`. */
  getPath(): string {
    return this.path as string
  }

  /** Returns the message, such as `Exception: NO_NODE[-101]@/a`. */
  override toString(): string {
    return this.message
  }
}

const names: ReadonlyMap<number, string> = new Map(
  Object.entries(Exception)
    .filter(([, code]) => typeof code === 'number')
    .map(([name, code]) => [code as number, name]),
)

function checkCode(code: unknown): void {
  assert(typeof code === 'number', 'the code of an exception must be a number')
  if (!names.has(code)) throw new Error(`Unknown code of an exception: ${code}`)
}

/** Makes the exception of any number: a server may be newer than the list of codes. */
function fromNumber(code: number, name: string): Exception {
  return new Exception(code, names.get(code) ?? name, fromNumber)
}

/** Turns an error of the client into an exception, which has it as its `cause`. */
export function toException(error: unknown): Exception {
  const { code, errno } = ZooKeeperError.is(error) ? error : { code: 'SYSTEM_ERROR', errno: 0 }
  const exception =
    code === 'CLOSED'
      ? Exception.create(Exception.CONNECTION_LOSS)
      : fromNumber(errno === 0 ? Exception.SYSTEM_ERROR : errno, code)
  return Object.defineProperty(exception, 'cause', { value: error, writable: true, configurable: true })
}
