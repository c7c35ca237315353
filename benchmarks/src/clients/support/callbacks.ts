// The interface of node-zookeeper-client with its defaults, except for the pause before a reconnect: the original's, or the alias's.

import type { Client as NzcClient } from 'node-zookeeper-client'
import { ROOT, SCRATCH } from '../../stub/control.ts'
import type { Cell, RequestLoad } from './cell.ts'
import { type Client, type Connection, fail, type Issue, mixed } from './client.ts'

/** The function that makes a client, of either package. */
type CreateClient = (hosts: string, options: { spinDelay: number }) => NzcClient

/** Makes a callback that continues if there is no error. */
function then(done: () => void): (error: unknown) => void {
  return error => (error ? fail(error) : done())
}

class NzcConnection implements Connection {
  readonly #client: NzcClient

  constructor(client: NzcClient) {
    this.#client = client
  }

  requests({ node, payload, parent }: Cell): Record<RequestLoad, Issue> {
    const client = this.#client
    const data = Buffer.alloc(payload, 'x')
    const getData: Issue = done => client.getData(node, then(done))
    const setData: Issue = done => client.setData(node, data, then(done))
    let created = 0
    return {
      getData,
      setData,
      exists: done => client.exists(node, then(done)),
      getChildren: done => client.getChildren(parent, then(done)),
      createDelete: done => {
        const path = `${SCRATCH}/${process.pid}-${created++}`
        client.create(path, data, then(ignore))
        client.remove(path, then(done))
      },
      mixed: mixed(getData, setData),
      multi: done => {
        const transaction = client.transaction()
        for (let i = 0; i < 10; i++) transaction.setData(node, data)
        transaction.commit(then(done))
      },
    }
  }

  async watch(paths: readonly string[], onEvent: () => void): Promise<void> {
    const arm = (path: string): Promise<void> =>
      new Promise(resolve => this.#client.exists(path, onEvent, then(resolve)))
    await Promise.all(paths.map(arm))
  }

  onceRestored(lost: () => void, restored: () => void): void {
    this.#client.once('disconnected', () => {
      lost()
      this.#client.once('connected', () => this.#client.exists(ROOT, then(restored)))
    })
  }

  close(): Promise<void> {
    return new Promise(resolve => {
      this.#client.once('disconnected', resolve)
      this.#client.close()
    })
  }
}

function ignore(): void {}

/** Makes the client of the table from the function of a package. */
export function withCallbacks(createClient: CreateClient): Client {
  const connect = (hosts: string): Promise<Connection> =>
    new Promise(resolve => {
      const client = createClient(hosts, { spinDelay: 1 })
      client.once('connected', () => resolve(new NzcConnection(client)))
      client.connect()
    })
  return {
    sessions: ['connect', 'storm', 'fanOut', 'reconnect'],
    connect: ({ hosts }) => connect(hosts),
  }
}
