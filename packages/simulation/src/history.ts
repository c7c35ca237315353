import type { CommittedTransaction } from '@zookit/testing'

/** One change of one znode, in the order in which the ensemble committed it. */
export interface Commit {
  readonly zxid: bigint
  readonly sessionId: bigint
  readonly type: 'create' | 'setData' | 'setAcl' | 'delete'
  readonly path: string
  /** The data after the change, as text; null for a change without data. */
  readonly data: string | null
  /** The position in the history of the world at which it was committed. */
  readonly at: number
}

/** Everything that the ensemble has committed: the truth that clients are measured by. */
export class History {
  readonly commits: Commit[] = []
  readonly #byData = new Map<string, Commit[]>()
  readonly #byPath = new Map<string, Commit[]>()
  readonly #happened: () => number
  /** Sessions that have ended at the servers, with the zxid of their end. */
  readonly endedSessions = new Map<bigint, bigint>()

  /** @param happened counts what has happened in the world. */
  constructor(happened: () => number) {
    this.#happened = happened
  }

  /** Takes a transaction in. */
  readonly onCommit = (transaction: CommittedTransaction): void => {
    const { zxid, sessionId, type, changes } = transaction
    if (type === 'closeSession') this.endedSessions.set(sessionId, zxid)
    for (const change of changes) {
      const bytes = 'data' in change ? change.data : null
      const data = bytes === null ? null : Buffer.from(bytes).toString()
      this.#add({ zxid, sessionId, type: change.type, path: change.path, data, at: this.#happened() })
    }
  }

  /** Returns the changes that wrote this data. */
  withData(data: string): readonly Commit[] {
    return this.#byData.get(data) ?? []
  }

  /** Returns the changes of one znode, oldest first. */
  of(path: string): readonly Commit[] {
    return this.#byPath.get(path) ?? []
  }

  #add(commit: Commit): void {
    this.commits.push(commit)
    push(this.#byPath, commit.path, commit)
    if (commit.data !== null) push(this.#byData, commit.data, commit)
  }
}

function push(map: Map<string, Commit[]>, key: string, commit: Commit): void {
  const present = map.get(key)
  if (present === undefined) map.set(key, [commit])
  else present.push(commit)
}
