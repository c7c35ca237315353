import { checks } from '@zookit/client'
import { refuse } from './arguments.ts'

/** An argument that is not the options: its name in errors, and its check. */
type Argument = readonly [name: string, check: checks.Check]

/** The arguments that a method takes. */
export interface MethodArguments {
  readonly args: readonly Argument[]
  /** The number of arguments at most. */
  readonly most: number
  /** True if the method throws; else it rejects. */
  readonly throws: boolean
}

/** The arguments of a method that takes options behind them, which it checks itself. */
export function takes(...args: readonly Argument[]): MethodArguments {
  return { args, most: args.length + 1, throws: false }
}

/** The arguments of a method that takes nothing else. */
export function takesOnly(...args: readonly Argument[]): MethodArguments {
  return { args, most: args.length, throws: false }
}

/** The same for a method that returns no promise. */
export function atOnce(method: MethodArguments): MethodArguments {
  return { ...method, throws: true }
}

/** The check of an argument that may be left out. */
export function optional(check: checks.Check): checks.Check {
  return value => (value === undefined ? null : check(value))
}

export const work: Argument = ['the work', checks.func]
export const data: Argument = ['the data', checks.dataCheck]
export const name: Argument = ['the name', checks.text]
export const change: Argument = ['the change', checks.func]
export const entries: Argument = [
  'the entries',
  checks.mustBe('a list of objects with data', value => {
    return Array.isArray(value) && value.every(entry => checks.dataCheck(entry?.data) === null)
  }),
]
export const transaction: Argument = [
  'the transaction',
  checks.mustBe('a transaction', value => {
    const { check, commit } = (value ?? {}) as Record<string, unknown>
    return typeof check === 'function' && typeof commit === 'function'
  }),
]

/** The parts of an object of ours by which its errors name a path. */
interface Located {
  readonly path?: string
  readonly paths?: readonly string[]
  readonly handles?: readonly Located[]
}

function pathOf({ path, paths, handles }: Located): string | undefined {
  return path ?? paths?.[0] ?? (handles?.[0] && pathOf(handles[0]))
}

function checkAll({ args, most }: MethodArguments, values: readonly unknown[]): void {
  if (values.length > most) throw checks.tooMany(most)
  for (const [index, [argument, check]] of args.entries())
    checks.checkArgument(argument, values[index], check)
}

/**
 * Makes the methods of a class check what they get, before they do anything: callers in plain JavaScript may pass too many
 * arguments, or others. Each error names the operation and the path.
 */
export function checkMethods(
  type: { readonly prototype: object },
  methods: Readonly<Record<string, MethodArguments>>,
): void {
  for (const [operation, taken] of Object.entries(methods)) {
    const property = Object.getOwnPropertyDescriptor(type.prototype, operation)!
    const method = property.value as (...values: readonly unknown[]) => unknown
    const checked = function (this: Located, ...values: readonly unknown[]): unknown {
      try {
        refuse(operation, pathOf(this), () => checkAll(taken, values))
      } catch (error) {
        if (taken.throws) throw error
        return Promise.reject(error)
      }
      return method.apply(this, [...values])
    }
    Object.defineProperty(type.prototype, operation, { ...property, value: checked })
  }
}
