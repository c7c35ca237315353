import { checks, validatePath, type ZooKeeper } from '@zookit/client'
import type { RecipeOptions } from './options.ts'

/** A call, as its errors name it. */
export interface Subject {
  readonly operation: string
  readonly path: string
}

/** The options of a recipe or of a method: a check for each by name. */
export type OptionTable = checks.OptionTable

const jitter: checks.Check = checks.mustBe(
  'a number of milliseconds from 0',
  value => typeof value === 'number' && value >= 0 && value < Infinity,
)

/** The checks of the options that recipes share. */
export const SHARED: Readonly<Record<keyof RecipeOptions, checks.Check>> = {
  data: checks.dataCheck,
  acl: checks.aclCheck,
  whenSuspended: checks.oneOf('lose', 'keep'),
  parent: checks.oneOf('container', 'persistent'),
  jitter,
}

/** The check of a number of any size. */
export const integerCheck: checks.Check = checks.mustBe('a bigint or a safe integer', value => {
  return typeof value === 'bigint' || Number.isSafeInteger(value)
})

/** The check of a codec. */
export const codecCheck: checks.Check = checks.mustBe('a codec, with encode and decode', value => {
  const { encode, decode } = (value ?? {}) as Record<string, unknown>
  return typeof encode === 'function' && typeof decode === 'function'
})

/** The check of a schema of any library that implements Standard Schema. */
export const schemaCheck: checks.Check = checks.schemaCheck

/** The check of the options of a part, such as `backoff`: the part checks them itself. */
export const objectCheck: checks.Check = checks.mustBe('an object', value => {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
})

const clientCheck: checks.Check = checks.mustBe('a ZooKeeper client', value => {
  const { getData, transaction } = (value ?? {}) as Partial<ZooKeeper>
  return typeof getData === 'function' && typeof transaction === 'function'
})

/** The checks of a call's limits. A recipe can be told not to wait, by 0; a request always waits for its answer. */
const LIMIT_CHECKS: typeof checks.LIMIT_CHECKS = {
  signal: checks.LIMIT_CHECKS.signal,
  timeout: checks.mustBe('a number of milliseconds from 0', value => typeof value === 'number' && value >= 0),
}

/** The options of a call that has limits and nothing else. */
export const LIMITS: OptionTable = checks.optionTable('{ timeout: 5000 }', LIMIT_CHECKS)

/** The options of an acquisition. */
export const ACQUIRE: OptionTable = checks.optionTable('{ timeout: 5000 }', {
  data: SHARED.data,
  ...LIMIT_CHECKS,
})

/** The options of a call that takes a signal and nothing else. */
export const SIGNAL: OptionTable = checks.optionTable('{ signal }', { signal: checks.LIMIT_CHECKS.signal })

/** Makes the table of a call with options of its own beside its limits. */
export function callOptions(example: string, own: Readonly<Record<string, checks.Check>>): OptionTable {
  return checks.optionTable(example, { ...own, ...LIMIT_CHECKS })
}

/** Checks the options of a call, before any of them is read. @throws ZooKeeperError BAD_ARGUMENTS. */
export function checkCall(subject: Subject, options: unknown, table: OptionTable): void {
  refuse(subject.operation, subject.path, () => checks.checkOptions(options, table))
}

/** Checks a function that a call gets. @throws ZooKeeperError BAD_ARGUMENTS. */
export function checkWork(subject: Subject, work: unknown): void {
  refuse(subject.operation, subject.path, () => checks.checkArgument('the work', work, checks.func))
}

/** The arguments of a recipe's constructor. */
interface Given {
  readonly zk: unknown
  readonly path: string
  /** The options, or their default. */
  readonly options: unknown
  /** The number of all arguments, which may be too many. */
  readonly count: number
}

/** Checks the client that a recipe gets, and the number of its arguments. @throws ZooKeeperError BAD_ARGUMENTS. */
export function checkClient(recipe: string, zk: unknown, count: number, most: number): void {
  refuse(recipe, undefined, () => {
    if (count > most) throw checks.tooMany(most)
    checks.checkArgument('the first argument', zk, clientCheck)
  })
}

/**
 * Checks the arguments of a recipe's constructor.
 *
 * @param recipe the recipe's name, which errors have as their operation.
 * @param required the options that must be there.
 * @throws ZooKeeperError BAD_ARGUMENTS.
 */
export function checkRecipe(
  recipe: string,
  { zk, path, options, count }: Given,
  table: OptionTable,
  required: readonly string[] = [],
): void {
  refuse(recipe, path, () => {
    if (count > 3) throw checks.tooMany(3)
    checks.checkArgument('the first argument', zk, clientCheck)
    validatePath(path)
    checks.checkOptions(options, table)
    for (const name of required) {
      if ((options as Record<string, unknown>)[name] === undefined)
        throw new checks.InvalidArgument(`the option ${name} is required`)
    }
  })
}

/** Runs checks, and adds the operation and the path to their error. Returns their result. */
export function refuse<Result>(operation: string, path: string | undefined, check: () => Result): Result {
  try {
    return check()
  } catch (error) {
    throw checks.withSubject(error, operation, path)
  }
}
