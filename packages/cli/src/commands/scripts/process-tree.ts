import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** The facts of a process. */
interface Process {
  readonly parent: number
  /** The time of its start: another process of the same number has another one. */
  readonly start: string
}

/**
 * A program and all processes that it started, themselves or by others. A shell that is ended leaves the command that it waits for
 * behind, which would go on.
 */
export class ProcessTree {
  readonly #root: number
  /** The processes seen so far, by number: those whose parent has ended are nobody's children any more. */
  readonly #known = new Map<number, string>()

  constructor(root: number) {
    this.#root = root
  }

  /** Sends a signal to all that run, to a parent before its children. @returns the number of processes. */
  signal(name: NodeJS.Signals): number {
    const running = this.#running()
    for (const pid of running) {
      try {
        process.kill(pid, name)
      } catch {
        // It has ended meanwhile, or runs as another user.
      }
    }
    return running.length
  }

  /** True while one of them runs. */
  get isRunning(): boolean {
    return this.#running().length > 0
  }

  #running(): number[] {
    const all = processes()
    const found = [...this.#known.keys(), this.#root].filter(pid => {
      const start = all.get(pid)?.start
      return start !== undefined && (this.#known.get(pid) ?? start) === start
    })
    // A set that grows while it is walked: children of children come, too.
    const tree = new Set(found)
    for (const pid of tree) {
      for (const [child, { parent }] of all) if (parent === pid) tree.add(child)
    }
    for (const pid of tree) this.#known.set(pid, all.get(pid)!.start)
    return [...tree]
  }
}

/** Returns all processes of the machine that have not ended. Where they cannot be listed there are none. */
function processes(): Map<number, Process> {
  try {
    return process.platform === 'linux' ? ofProc() : ofPs()
  } catch {
    return new Map()
  }
}

function ofProc(): Map<number, Process> {
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  const rows = pids.flatMap((pid): [number, Process][] => {
    try {
      const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
      // The name of the program, which stands before these in brackets, may have brackets and blanks.
      const [state, parent, ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ')
      return state === 'Z' ? [] : [[Number(pid), { parent: Number(parent), start: rest[17]! }]]
    } catch {
      return []
    }
  })
  return new Map(rows)
}

function ofPs(): Map<number, Process> {
  const text = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,lstart='], { encoding: 'utf8' })
  const rows = text.split('\n').flatMap((line): [number, Process][] => {
    const [pid, parent, state, ...start] = line.trim().split(/ +/)
    return !pid || state?.startsWith('Z')
      ? []
      : [[Number(pid), { parent: Number(parent), start: start.join(' ') }]]
  })
  return new Map(rows)
}
