import type { ServerPlan } from './server-plan.ts'

/** One ZooKeeper server on whatever machine runs it: a child process here, or a container. */
export interface ServerProcess {
  /** The directory of `zoo.cfg` and the files beside it, as the server sees it. */
  readonly confDir: string
  /** The directory of the data, as the server sees it. Survives `kill`. */
  readonly dataDir: string
  /** The address to which the server binds its client ports. */
  readonly bindAddress: string
  /** The name or address by which the other servers of its group reach it. */
  readonly peerHost: string
  /** The address at which this process, the test, reaches its client ports. */
  readonly clientHost: string
  /** Starts it for the first time, or again on the same data. Returns before it serves. */
  start(plan: ServerPlan): Promise<void>
  /** Returns true if the process was started and has not ended. */
  isAlive(): Promise<boolean>
  /** Freezes it: its sockets stay open and nothing answers. */
  pause(): Promise<void>
  resume(): Promise<void>
  /** Ends it at once, frozen or not; resolves when it is gone. */
  kill(): Promise<void>
  /** Returns the last part of what it has logged. */
  log(): Promise<string>
  /** Ends it and removes all that it left. */
  dispose(): Promise<void>
}

/** Servers that can reach each other. */
export interface ProcessGroup {
  /** @param ports the client ports, which a test has to reach under the same numbers */
  createProcess(ports: readonly number[]): ServerProcess
  /** Disposes of all its processes and of what they shared. May be called twice. */
  dispose(): Promise<void>
}

/** A way of running ZooKeeper on this machine. */
export interface Launcher {
  createGroup(): Promise<ProcessGroup>
}
