import { startEnsemble } from '@zookit/test-fixtures'
import { TestEnsemble } from '@zookit/testing'

/** Three servers, one of which may be down at a time. */
export interface Servers {
  readonly hosts: string
  /** Milliseconds: long enough for a busy machine. */
  readonly sessionTimeout: number
  readonly members: readonly Member[]
  /** Loses the answer to a create, or a delete before it is done, if the servers allow that. */
  fault?(kind: 'lost-create' | 'dropped-delete'): void
  /** Ends such faults. */
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
