import {
  describeQuorum,
  type EnsembleStatus,
  ensembleStatus,
  type ServerStatus,
  type WordOptions,
} from '@zookit/admin'
import type { Sample, ServerSample } from '../protocol.ts'

const INTERVAL = 2000
/** Samples that are kept: half an hour. */
const MOST_SAMPLES = 900

/** Looks at the ensemble again and again while a page is open, and keeps what it saw. */
export class Monitor {
  readonly #hosts: string
  readonly #options: WordOptions
  readonly #isWanted: () => boolean
  readonly #onSample: (sample: Sample) => void
  readonly #samples: Sample[] = []
  readonly #stop = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined

  constructor(
    hosts: string,
    options: WordOptions,
    { isWanted, onSample }: { isWanted: () => boolean; onSample: (sample: Sample) => void },
  ) {
    this.#hosts = hosts
    this.#options = { timeout: 1500, ...options }
    this.#isWanted = isWanted
    this.#onSample = onSample
  }

  /** The samples, the oldest first. */
  get samples(): readonly Sample[] {
    return this.#samples
  }

  /** Begins to look, if it does not already. */
  start(): void {
    this.#timer ??= this.#every()
  }

  #every(): NodeJS.Timeout {
    this.#running = this.#look()
    const timer = setInterval(() => {
      if (this.#isWanted() && this.#running === undefined) this.#running = this.#look()
    }, INTERVAL)
    timer.unref()
    return timer
  }

  /** Ends it. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#stop.abort()
    await this.#running
  }

  async #look(): Promise<void> {
    try {
      const status = await ensembleStatus(this.#hosts, { ...this.#options, signal: this.#stop.signal })
      const sample = sampleOf(status)
      this.#samples.push(sample)
      if (this.#samples.length > MOST_SAMPLES) this.#samples.shift()
      this.#onSample(sample)
    } catch {
      // Aborted: every other failure is part of the status.
    } finally {
      this.#running = undefined
    }
  }
}

function sampleOf({ at, healthy, divided, leader, quorum, zxid, servers }: EnsembleStatus): Sample {
  return {
    at: Date.parse(at),
    healthy,
    leader,
    quorum: divided ?? describeQuorum(quorum),
    zxid,
    servers: servers.map(serverOf),
  }
}

function serverOf(status: ServerStatus): ServerSample {
  const { server, state, mode, version, latency, connections, outstanding, received, znodes, watches } =
    status
  const { uptime, zxid, zxidLag, certificate, error } = status
  return {
    server,
    state,
    mode,
    version,
    latency: latency?.avg ?? null,
    latencyMax: latency?.max ?? null,
    connections,
    outstanding,
    received,
    znodes,
    watches,
    uptime,
    zxid,
    zxidLag,
    certificate: certificate && {
      subject: certificate.subject,
      validTo: certificate.validTo,
      daysLeft: certificate.daysLeft,
    },
    error: error === null ? null : `${error.code}: ${error.message}`,
  }
}
