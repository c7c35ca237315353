import { type EventEmitter, once } from 'node:events'
import type * as original from 'node-zookeeper-client'
import { Transcript } from './transcript.ts'

/** The package under test: the original one, or this one in its place. */
export type Library = typeof original

/** The library, clients and record of a scenario. */
export interface Stage {
  readonly library: Library
  /** A client, not connected yet, with a chroot of its own. */
  readonly client: original.Client
  /** Makes a further client of the same chroot. */
  newClient(options?: Partial<original.Option>): original.Client
  readonly transcript: Transcript
  readonly call: Transcript['call']
}

/** A course of events that every client must go through in the same way. */
export interface Scenario {
  readonly title: string
  run(stage: Stage): Promise<void>
}

/** Connects a client. */
export async function connected(client: Pick<original.Client, 'connect'> & EventEmitter): Promise<void> {
  const waiting = once(client, 'connected')
  client.connect()
  await waiting
}

/** Closes a client. */
export async function closed(client: Pick<original.Client, 'close'> & EventEmitter): Promise<void> {
  const waiting = once(client, 'disconnected')
  client.close()
  await waiting
}

/** Makes a client that lost its server connect no more: the original one tries for ever, closed or not. */
function giveUp(client: original.Client): void {
  const { connectionManager } = client as unknown as { connectionManager: { connect(): void } }
  connectionManager.connect = () => {}
}

/** Runs a scenario. @returns the transcript. */
export async function play(scenario: Scenario, library: Library, hosts: string): Promise<readonly string[]> {
  const transcript = new Transcript()
  const all: original.Client[] = []
  const newClient = (options?: Partial<original.Option>): original.Client => {
    const client = library.createClient(hosts, options)
    all.push(client)
    return client
  }
  const call: Transcript['call'] = (label, make) => transcript.call(label, make)
  try {
    await scenario.run({ library, client: newClient(), newClient, transcript, call })
  } finally {
    const isOpen = (client: original.Client) => client.getState() === library.State.SYNC_CONNECTED
    await Promise.all(all.filter(isOpen).map(closed))
    for (const client of all.filter(client => !isOpen(client))) giveUp(client)
  }
  return transcript.lines
}
