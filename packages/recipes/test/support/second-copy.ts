import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import vm from 'node:vm'
import { build } from 'esbuild'

/** The exports of `@zookit/client`, of whichever copy. */
type Client = typeof import('@zookit/client')

const ENTRY = fileURLToPath(new URL('../../../client/src/index.ts', import.meta.url))

/** Bundles the client with all that it depends on, and hands the file to a loader. */
async function bundled<Result>(
  format: 'esm' | 'cjs',
  load: (file: string) => Result | Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'zookit-copy-'))
  try {
    const outfile = join(folder, format === 'esm' ? 'client.mjs' : 'client.cjs')
    await build({
      entryPoints: [ENTRY],
      outfile,
      bundle: true,
      format,
      minify: true,
      platform: 'node',
      target: 'node20.19',
      conditions: ['@zookit/source'],
      logLevel: 'error',
    })
    return await load(outfile)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Loads a second copy of the client, minified into one file with its dependencies, as a bundle of an application is. */
export function secondCopy(): Promise<Client> {
  return bundled('esm', file => import(pathToFileURL(file).href) as Promise<Client>)
}

/** Loads a second copy of the client in a realm of its own, with another `Error` and `Promise`, as Jest does. */
export function copyOfAnotherRealm(): Promise<Client> {
  return bundled('cjs', file => {
    const { Buffer, process, AbortController, AbortSignal, URL, performance, queueMicrotask } = globalThis
    const { setTimeout, clearTimeout, setImmediate, clearImmediate, setInterval, clearInterval } = globalThis
    const timers = { setTimeout, clearTimeout, setImmediate, clearImmediate, setInterval, clearInterval }
    const module = { exports: {} }
    const context = vm.createContext({
      ...timers,
      ...{ Buffer, process, AbortController, AbortSignal, URL, performance, queueMicrotask },
      module,
      require: createRequire(file),
    })
    vm.runInContext(readFileSync(file, 'utf8'), context)
    return module.exports as Client
  })
}
