import { startEnsemble } from '@zookit/test-fixtures'
import { TestEnsemble } from '@zookit/testing'

/** Three servers, of which one at a time may be down. */
export interface Servers {
  readonly hosts: string
  /** Milliseconds: so long that a busy machine does not lose it by itself. */
  readonly sessionTimeout: number
  readonly members: readonly Member[]
  /** Loses the answer to a create, or a delete before it is done, where that can be arranged. */
  fault?(kind: 'lost-create' | 'dropped-delete'): void
  /** Takes such faults back. */
  calm(): Promise<void>
  stop(): Promise<void>
}

interface Member {
  kill(): Promise<void>
  restart(): Promise<void>
}

export type ServerKind = 'memory' | 'real'

export async function startServers(kind: ServerKind): Promise<Servers> {
  return kind === 'memory' ? await startMemory() : await startReal()
}

async function startMemory(): Promise<Servers> {
  const ensemble = await TestEnsemble.start({ tickTime: 200, recordRequests: false })
  return {
    hosts: ensemble.hosts,
    sessionTimeout: 1000,
    members: ensemble.members.map(member => ({
      kill: () => member.stop(),
      restart: () => member.start(),
    })),
    fault: kind => {
      for (const member of ensemble.members) {
        if (kind === 'lost-create') member.loseNextReply('create2')
        else member.dropNextRequest('delete')
      }
    },
    calm: async () => {
      for (const member of ensemble.members) member.clearFaults()
    },
    stop: () => ensemble.stop(),
  }
}

async function startReal(): Promise<Servers> {
  const ensemble = await startEnsemble({ tickTime: 200, maxSessionTimeout: 20_000 })
  return {
    hosts: ensemble.hosts,
    sessionTimeout: 2000,
    members: ensemble.members,
    calm: () => ensemble.waitForQuorum(),
    stop: () => ensemble.stop(),
  }
}
