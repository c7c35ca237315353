/** A package that depends on node-zookeeper-client and brings no tests: a program in `programs/` tries it. */
export interface Program {
  readonly name: string
  readonly version: string
  /** The uses that the program makes of it. */
  readonly tries: string
}

/** A package that brings tests. */
export interface TestedPackage {
  readonly name: string
  readonly version: string
  /** The version of chai that the tests were written for. */
  readonly chai: string
  /** True if a test fails now and then, with the original as well: one run of several must pass. */
  readonly isRacy?: boolean
}

export const PROGRAMS: readonly Program[] = [
  {
    name: 'zookeeper-watcher',
    version: '1.0.2',
    tries: 'watches again after each change, `connectionManager.state`',
  },
  { name: 'zookeeper-cluster-client', version: '3.1.1', tries: 'every method, watches of data and children' },
  { name: 'kafka-node', version: '3.0.1', tries: 'brokers, consumers, ownership of partitions' },
  { name: 'dubbo2.js', version: '2.3.9', tries: 'the registry: providers, consumers, a change' },
  { name: 'node-zookeeper-dubbo', version: '3.0.15', tries: 'the registry: providers, consumers, a change' },
]

export const TESTED: readonly TestedPackage[] = [
  { name: 'node-zookeeper-client', version: '1.1.3', chai: '1.5.0' },
  { name: 'node-zookeeper-client-async', version: '1.0.0', chai: '3.5.0' },
  { name: 'zoologist', version: '0.5.9', chai: '1.10.0', isRacy: true },
]
