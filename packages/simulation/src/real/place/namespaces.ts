import { execFileSync } from 'node:child_process'
import { networkInterfaces } from 'node:os'

/** A hardware address that no machine has: what is sent to it is lost, and the sender gets no error. */
const NOWHERE = '02:00:00:00:00:fe'

/** A program of the classic packet filter that drops the given part of all packets, for `tc`'s direct action. */
function lossProgram(part: number): string {
  const [loadRandom, below] = ['32 0 0 4294963256', Math.floor((1 - part) * 2 ** 32)]
  return `4,${loadRandom},37 0 1 ${below},6 0 0 2,6 0 0 4294967295,`
}

/** The abilities of a machine to disturb networks. */
export interface Abilities {
  /** Network namespaces of its own, joined by a bridge. */
  readonly namespaces: boolean
  /** `netem` of `tc`: delays and losses. */
  readonly netem: boolean
  /** A limit of the rate, which every kernel with `tc` has. */
  readonly rate: boolean
  /** Random losses by a packet filter, where there is no `netem`. */
  readonly filter: boolean
}

/** The way a slow link is slow. */
export type Slowness = 'netem' | 'rate' | null

/** Runs a program, and throws what it complains of. */
function run(...[program, ...rest]: readonly string[]): string {
  return execFileSync(program!, rest, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

function works(...command: readonly string[]): boolean {
  try {
    run(...command)
    return true
  } catch {
    return false
  }
}

/** One machine of the network: a namespace with an address. */
export class Place {
  readonly name: string
  readonly address: string
  /** The command in front of a program that is to run there. */
  readonly wrapper: readonly string[]

  constructor(name: string, address: string) {
    this.name = name
    this.address = address
    this.wrapper = ['ip', 'netns', 'exec', name]
  }

  /** Loses all that this machine sends to another one. */
  cut(other: Place): void {
    run(
      'ip',
      '-n',
      this.name,
      'neigh',
      'replace',
      other.address,
      'lladdr',
      NOWHERE,
      'dev',
      'eth0',
      'nud',
      'permanent',
    )
  }

  /** Ends the cut from this machine to another one. */
  join(other: Place): void {
    works('ip', '-n', this.name, 'neigh', 'del', other.address, 'dev', 'eth0')
  }

  /** Delays all that this machine sends. */
  slow(how: Slowness): void {
    if (how === 'netem') this.#queue('netem', 'delay', '150ms', '100ms')
    else if (how === 'rate') this.#queue('tbf', 'rate', '256kbit', 'burst', '3kb', 'latency', '500ms')
  }

  /** Loses a part of what this machine sends, at random. */
  lose(part: number, { netem }: Abilities): void {
    if (netem) return this.#queue('netem', 'loss', `${part * 100}%`)
    this.#tc('qdisc', 'add', 'clsact')
    run(
      'tc',
      '-n',
      this.name,
      'filter',
      'add',
      'dev',
      'eth0',
      'egress',
      'bpf',
      'da',
      'bytecode',
      lossProgram(part),
    )
  }

  /** Ends slowness and losses. */
  mend(): void {
    works('tc', '-n', this.name, 'qdisc', 'del', 'dev', 'eth0', 'root')
    works('tc', '-n', this.name, 'qdisc', 'del', 'dev', 'eth0', 'clsact')
  }

  #queue(...what: readonly string[]): void {
    run('tc', '-n', this.name, 'qdisc', 'replace', 'dev', 'eth0', 'root', ...what)
  }

  #tc(object: string, verb: string, ...what: readonly string[]): void {
    run('tc', '-n', this.name, object, verb, 'dev', 'eth0', ...what)
  }
}

/** Machines on one bridge, each in a network namespace of its own. This process reaches all of them. */
export class Network implements Disposable {
  readonly abilities: Abilities
  readonly places: readonly Place[]
  readonly #bridge: string

  private constructor(bridge: string, places: readonly Place[], abilities: Abilities) {
    this.#bridge = bridge
    this.places = places
    this.abilities = abilities
    process.once('exit', this.#removeAtExit)
  }

  /** Removes the network of a run that is ended before its time. */
  readonly #removeAtExit = (): void => remove(this.#bridge)

  /**
   * Makes the machines.
   *
   * @returns null where this process may not make namespaces.
   */
  static create(count: number): Network | null {
    removeLeftOvers()
    const subnet = freeSubnet()
    const bridge = `zf${process.pid}`
    if (!works('ip', 'link', 'add', bridge, 'type', 'bridge')) return null
    const places = Array.from(
      { length: count },
      (_, index) => new Place(`${bridge}n${index}`, `${subnet}.${index + 11}`),
    )
    try {
      run('ip', 'addr', 'add', `${subnet}.1/24`, 'dev', bridge)
      run('ip', 'link', 'set', bridge, 'up')
      for (const place of places) addPlace(place, bridge)
      return new Network(bridge, places, tried(places[0]!))
    } catch (error) {
      remove(bridge)
      if (places.some(({ name }) => !works('ip', 'netns', 'exec', name, 'true'))) return null
      throw error
    }
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#removeAtExit)
    remove(this.#bridge)
  }
}

function addPlace({ name, address }: Place, bridge: string): void {
  const port = name.replace('zf', 'zv')
  run('ip', 'netns', 'add', name)
  run('ip', 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
  run('ip', 'link', 'set', port, 'master', bridge, 'up')
  run('ip', '-n', name, 'addr', 'add', `${address}/24`, 'dev', 'eth0')
  run('ip', '-n', name, 'link', 'set', 'eth0', 'up')
  run('ip', '-n', name, 'link', 'set', 'lo', 'up')
}

/** Tries what the kernel has, on a machine that nobody uses yet. */
function tried(place: Place): Abilities {
  const tc = (...what: readonly string[]): boolean => works('tc', '-n', place.name, ...what)
  const netem = tc('qdisc', 'replace', 'dev', 'eth0', 'root', 'netem', 'delay', '1ms')
  const rate = tc(
    'qdisc',
    'replace',
    'dev',
    'eth0',
    'root',
    'tbf',
    'rate',
    '1mbit',
    'burst',
    '3kb',
    'latency',
    '9ms',
  )
  const filter =
    tc('qdisc', 'add', 'dev', 'eth0', 'clsact') &&
    tc('filter', 'add', 'dev', 'eth0', 'egress', 'bpf', 'da', 'bytecode', lossProgram(0.5))
  place.mend()
  return { namespaces: true, netem, rate, filter }
}

/** Returns the first three bytes of addresses that this machine does not use. */
function freeSubnet(): string {
  const used = Object.values(networkInterfaces()).flatMap(each => each?.map(({ address }) => address) ?? [])
  for (let number = 1; number < 255; number++) {
    const subnet = `10.213.${number}`
    if (!used.some(address => address.startsWith(`${subnet}.`))) return subnet
  }
  throw new Error('all of 10.213.0.0/16 is used on this machine: remove the bridges that nobody uses')
}

function remove(bridge: string): void {
  for (const { name } of list('netns')) if (name?.startsWith(`${bridge}n`)) works('ip', 'netns', 'del', name)
  works('ip', 'link', 'del', bridge)
}

/** Removes the networks of processes that were killed. */
function removeLeftOvers(): void {
  for (const { ifname } of list('link')) {
    const pid = /^zf(\d+)$/.exec(ifname ?? '')?.[1]
    if (pid !== undefined && !isRunning(Number(pid))) remove(`zf${pid}`)
  }
}

function list(what: 'netns' | 'link'): { name?: string; ifname?: string }[] {
  try {
    return JSON.parse(run('ip', '-j', what, 'show') || '[]')
  } catch {
    return []
  }
}

/** Tells whether a process runs. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
