import { ZooKeeperError } from '@zookit/connection'
import type { ReconfigRequest, Stat } from '@zookit/jute'
import { badArgument, describe, type RequestOptions } from './arguments.ts'
import { type EnsembleConfig, parseConfig } from './config.ts'
import type { NodeData } from './operations.ts'

/** What getConfig and reconfig answer. */
export interface ConfigNode extends EnsembleConfig {
  /** Of the node `/zookeeper/config`. */
  stat: Stat
}

/** A change of the ensemble's members: some of them, or all. */
export type Reconfiguration =
  | {
      /** Members to add or to change, each as `server.5=host:port:port:participant;host:port`. */
      joining?: readonly string[] | undefined
      /** The ids of members to remove. */
      leaving?: readonly number[] | undefined
      members?: undefined
    }
  | {
      /** All members of the new ensemble, each as in `joining`. */
      members: readonly string[]
      joining?: undefined
      leaving?: undefined
    }

/** What reconfig takes. */
export interface ReconfigOptions extends RequestOptions {
  /** The version of the configuration that must be in force, as `getConfig` has it. Default any. */
  fromConfig?: bigint | undefined
}

/** @throws ZooKeeperError BAD_ARGUMENTS. */
export function reconfigBody(change: Reconfiguration, fromConfig = -1n): ReconfigRequest {
  const { joining, leaving, members } = change
  const incremental = joining !== undefined || leaving !== undefined
  if (incremental === (members !== undefined)) {
    throw badArgument('either joining and leaving, or members, say what the ensemble is to be', 'reconfig')
  }
  if (typeof fromConfig !== 'bigint') throw badArgument(`fromConfig is a bigint, not ${describe(fromConfig)}`)
  return {
    joiningServers: joinList('joining', joining),
    leavingServers: joinList('leaving', leaving),
    newMembers: joinList('members', members),
    curConfigId: fromConfig,
  }
}

function joinList(name: string, list: readonly (string | number)[] | undefined): string | null {
  if (list === undefined) return null
  if (!Array.isArray(list)) throw badArgument(`${name} is a list, not ${describe(list)}`, 'reconfig')
  return list.join(',')
}

/** What the node's text says. @throws ZooKeeperError MARSHALLING_ERROR if it makes no sense. */
export function toConfigNode({ data, stat }: NodeData): ConfigNode {
  try {
    return { ...parseConfig(data?.toString() ?? ''), stat }
  } catch (error) {
    const message = 'the configuration could not be read'
    throw new ZooKeeperError('MARSHALLING_ERROR', { message, operation: 'getConfig', cause: error })
  }
}
