// npm zookeeper: Apache's C client as a Node add-on, used through its callbacks.

import { SCRATCH } from '../stub/control.ts'
import type { Cell, RequestLoad } from './support/cell.ts'
import { type Client, type Connection, fail, type Issue, mixed } from './support/client.ts'
import { roundsOf, serve } from './support/serve.ts'
import { versionOf } from './support/version.ts'

type Answered = (rc: number, error: string) => void

/** The used part of the package, whose own types omit most of it. */
interface Native {
  init(config: object): void
  once(event: 'connect' | 'close', listener: () => void): void
  close(): void
  a_get(path: string, watch: boolean, done: Answered): void
  a_exists(path: string, watch: boolean, done: Answered): void
  a_set(path: string, data: Buffer, version: number, done: Answered): void
  a_create(path: string, data: Buffer, flags: number, done: Answered): void
  a_delete_(path: string, version: number, done: Answered): void
  a_get_children2(path: string, watch: boolean, done: Answered): void
}
type Module = { default: new () => Native }

function then(done: () => void): Answered {
  return (rc, error) => (rc === 0 ? done() : fail(error))
}

class NativeConnection implements Connection {
  readonly #native: Native

  constructor(native: Native) {
    this.#native = native
  }

  requests({ node, payload, parent }: Cell): Partial<Record<RequestLoad, Issue>> {
    const native = this.#native
    const data = Buffer.alloc(payload, 'x')
    const getData: Issue = done => native.a_get(node, false, then(done))
    const setData: Issue = done => native.a_set(node, data, -1, then(done))
    let created = 0
    return {
      getData,
      setData,
      exists: done => native.a_exists(node, false, then(done)),
      getChildren: done => native.a_get_children2(parent, false, then(done)),
      createDelete: done => {
        const path = `${SCRATCH}/${process.pid}-${created++}`
        native.a_create(path, data, 0, then(ignore))
        native.a_delete_(path, -1, then(done))
      },
      mixed: mixed(getData, setData),
    }
  }

  close(): Promise<void> {
    return new Promise(resolve => {
      this.#native.once('close', resolve)
      this.#native.close()
    })
  }
}

function ignore(): void {}

async function load(): Promise<Module | undefined> {
  try {
    return (await import('zookeeper' as string)) as Module
  } catch {
    return undefined
  }
}

const module = await load()
const client: Client = {
  sessions: ['connect', 'storm'],
  connect({ hosts }) {
    return new Promise(resolve => {
      const native = new module!.default()
      native.once('connect', () => resolve(new NativeConnection(native)))
      native.init({ connect: hosts, timeout: 30_000, debug_level: 1, host_order_deterministic: false })
    })
  },
}

const absent = async (): Promise<string> => 'its native code is not built (benchmarks/README.md)'
await serve(module ? versionOf('zookeeper') : '', module ? roundsOf(client) : absent)
