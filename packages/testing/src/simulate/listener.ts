import type { Accept, Listener, ListenerOptions } from '../transport/listener.ts'
import type { SimulatedNetwork } from './network.ts'

/** The place at which a server of a simulated world takes connections. */
export class SimulatedListener implements Listener {
  readonly host: string
  readonly port: number
  readonly #network: SimulatedNetwork
  readonly #accept: Accept
  #listening = false

  constructor(network: SimulatedNetwork, accept: Accept, { host, port }: ListenerOptions) {
    this.#network = network
    this.#accept = accept
    this.host = host
    this.port = port
  }

  get hosts(): string {
    return `${this.host}:${this.port}`
  }

  get listening(): boolean {
    return this.#listening
  }

  async open(): Promise<void> {
    this.#listening = true
    this.#network.listen(this.hosts, this.#accept)
  }

  async refuse(): Promise<void> {
    this.#listening = false
    this.#network.listen(this.hosts, null)
  }

  async close(): Promise<void> {
    await this.refuse()
    this.#network.closeServer(this.hosts)
  }
}
