import { type ConnectOptions, connect, type ZooKeeper } from '@zookit/client'
import { ROOT, SCRATCH } from '../../stub/control.ts'
import type { Cell, RequestLoad } from './cell.ts'
import { type Client, type Connection, fail, type Issue, mixed } from './client.ts'

/** The options that differ from the defaults. One load has replies over a mebibyte; another must reconnect without a pause. */
const OPTIONS: ConnectOptions = { maxResponseSize: 16 * 1024 * 1024, backoff: { initial: 1, max: 1 } }

class ZookitConnection implements Connection {
  readonly #zk: ZooKeeper

  constructor(zk: ZooKeeper) {
    this.#zk = zk
  }

  requests({ node, payload, parent }: Cell): Record<RequestLoad, Issue> {
    const zk = this.#zk
    const data = Buffer.alloc(payload, 'x')
    const writes = new Array<{ type: 'setData'; path: string; data: Buffer }>(10)
    writes.fill({ type: 'setData', path: node, data })
    const getData: Issue = done => void zk.getData(node).then(done, fail)
    const setData: Issue = done => void zk.setData(node, data).then(done, fail)
    let created = 0
    return {
      getData,
      setData,
      exists: done => void zk.exists(node).then(done, fail),
      getChildren: done => void zk.getChildren(parent).then(done, fail),
      createDelete: done => {
        const path = `${SCRATCH}/${process.pid}-${created++}`
        zk.create(path, data).catch(fail)
        zk.delete(path).then(done, fail)
      },
      mixed: mixed(getData, setData),
      multi: done => void zk.multi(writes).then(done, fail),
    }
  }

  async watch(paths: readonly string[], onEvent: () => void): Promise<void> {
    await Promise.all(paths.map(path => this.#zk.exists(path, { watch: onEvent })))
  }

  onceRestored(lost: () => void, restored: () => void): void {
    let was = false
    const onState = (): void => {
      if (this.#zk.state === 'connecting' || this.#zk.state === 'suspended') {
        if (!was) lost()
        was = true
      } else if (was) {
        this.#zk.off('state', onState)
        this.#zk.exists(ROOT).then(restored, fail)
      }
    }
    this.#zk.on('state', onState)
  }

  close(): Promise<void> {
    return this.#zk.close()
  }
}

/** @zookit/client as users have it, with every feature and every default. */
export const zookit: Client = {
  sessions: ['connect', 'storm', 'fanOut', 'reconnect'],
  connect: async ({ hosts }) => new ZookitConnection(await connect(hosts, OPTIONS)),
}
