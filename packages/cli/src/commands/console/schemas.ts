import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ZooKeeperError } from '@zookit/client'
import type { ConsoleOptions } from '@zookit/console'
import { UsageError } from '../../program/errors.ts'

/** Validators by path, as the console takes them. */
type Schemas = NonNullable<ConsoleOptions['schemas']>

const ADVICE =
  "A module of its own, such as schemas.mjs: `export default { '/config/app.json': z.object({ replicas: z.int() }) }`."

/** Turns what the console has against the schemas of a module into what is wrong about the option. */
export function refusedSchemas(file: string, error: unknown): unknown {
  if (!ZooKeeperError.is(error) || error.code !== 'BAD_ARGUMENTS') return error
  return new UsageError(`--schemas ${file}: ${error.message}`, ADVICE)
}

/** Loads the default export of a module. The console checks what is in it. @throws UsageError. */
export async function readSchemas(file: string): Promise<Schemas> {
  const loaded = await load(file)
  const { default: schemas } = loaded
  if (typeof schemas === 'object' && schemas !== null) return schemas as Schemas
  throw new UsageError(`--schemas ${file}: the module has no default export that is an object`, ADVICE)
}

async function load(file: string): Promise<{ readonly default?: unknown }> {
  try {
    return await import(pathToFileURL(resolve(file)).href)
  } catch (error) {
    throw new UsageError(
      `--schemas ${file}: the module cannot be loaded: ${(error as Error).message}`,
      ADVICE,
    )
  }
}
