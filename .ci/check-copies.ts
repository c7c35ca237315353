// Lays out an application whose recipes have a client of their own beside the application's, from the built packages, then
// compiles and runs it. Needs `pnpm run build` first.

import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ROOT } from './source/files.ts'

const PROGRAM = `
import { connect, ZooKeeper, ZooKeeperError } from '@zookit/client'
import { Config, LeaderElection, Mutex, Queue, TreeCache } from '@zookit/recipes'
import { TestServer } from '@zookit/testing'
import { ZooKeeper as Other } from './node_modules/@zookit/recipes/node_modules/@zookit/client/dist/index.js'

if ((Other as unknown) === ZooKeeper) throw new Error('there is only one copy')
const server = await TestServer.start()
const zk = await connect(server.hosts)
const lock = await new Mutex(zk, '/locks/a').acquire()
await lock.guard(zk.transaction().create('/done')).commit()
await lock.release()
await (await new LeaderElection(zk, '/election').campaign()).resign()
await new Config<{ a: number }>(zk, '/config/app').set({ a: 1 })
await new Queue(zk, '/queues/a').put('x')
const cache = new TreeCache(zk, '/none')
await cache.start()
await cache.close()
await lock.guard(zk.transaction().create('/again')).commit().catch((error: unknown) => {
  if (!ZooKeeperError.is(error) || error.code !== 'NO_NODE') throw error
})
await zk.close()
await server.stop()
`

const CONFIG = {
  compilerOptions: {
    module: 'NodeNext',
    target: 'ES2022',
    lib: ['ES2023', 'ESNext.Disposable'],
    strict: true,
    noEmit: true,
    types: ['node'],
    skipLibCheck: false,
    allowImportingTsExtensions: true,
  },
  files: ['main.ts'],
}

/**
 * Puts a copy of built packages into a folder, as another version: the compiler takes two of one version for one. It also links what they import from elsewhere.
 */
function install(folder: string, version: string, ...names: string[]): void {
  for (const name of names) {
    const from = join(ROOT, 'packages', name)
    const to = join(folder, 'node_modules/@zookit', name)
    const manifest = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'))
    cpSync(join(from, 'dist'), join(to, 'dist'), { recursive: true })
    writeFileSync(join(to, 'package.json'), JSON.stringify({ ...manifest, version }))
    for (const each of Object.keys(manifest.dependencies ?? {})) {
      if (!each.startsWith('@zookit/')) link(join(from, 'node_modules', each), join(to, 'node_modules', each))
    }
  }
}

function link(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  symlinkSync(from, to)
}

const app = mkdtempSync(join(tmpdir(), 'zookit-copies-'))
try {
  install(app, '0.1.1', 'jute', 'connection', 'client', 'recipes', 'testing')
  install(join(app, 'node_modules/@zookit/recipes'), '0.1.0', 'jute', 'connection', 'client')
  link(join(ROOT, 'node_modules/@types/node'), join(app, 'node_modules/@types/node'))
  writeFileSync(join(app, 'package.json'), JSON.stringify({ type: 'module' }))
  writeFileSync(join(app, 'main.ts'), PROGRAM)
  writeFileSync(join(app, 'tsconfig.json'), JSON.stringify(CONFIG))
  execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', app], {
    stdio: 'inherit',
  })
  execFileSync(process.execPath, ['--import', import.meta.resolve('tsx'), join(app, 'main.ts')], {
    cwd: app,
    stdio: 'inherit',
    timeout: 60_000,
  })
  console.log('recipes work with a client of another copy, and compile with it')
} finally {
  rmSync(app, { recursive: true })
}
