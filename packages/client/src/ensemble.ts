import { ZooKeeperError } from '@zookit/connection'
import type { ReconfigRequest, Stat } from '@zookit/jute'
import { badArgument, describe, type RequestOptions } from './arguments.ts'
import { type EnsembleConfig, parseConfig } from './config.ts'
import type { NodeData } from './operations.ts'

/** The result of getConfig and reconfig. */
export interface ConfigNode extends EnsembleConfig {
  /** The Stat of `/zookeeper/config`. */
  stat: Stat
}

/** A change of some of the ensemble's members, or of all. */
export type Reconfiguration =
  | {
      /** The members to add or to change, each in the form `server.5=host:port:port:participant;host:port`. */
      joining?: readonly string[] | undefined
      /** The ids of members to remove. */
      leaving?: readonly number[] | undefined
      members?: undefined
    }
  | {
      /** All members of the new ensemble, each in the form of `joining`. */
      members: readonly string[]
      joining?: undefined
      leaving?: undefined
    }

/** The options of reconfig. */
export interface ReconfigOptions extends RequestOptions {
  /** The version that the current configuration must have; `getConfig` returns it. Default any. */
  fromConfig?: bigint | undefined
}

/** Makes the record of a reconfig. @throws ZooKeeperError BAD_ARGUMENTS. */
export function reconfigBody(change: Reconfiguration, fromConfig = -1n): ReconfigRequest {
  const { joining, leaving, members } = change
  const incremental = joining !== undefined || leaving !== undefined
  if (incremental === (members !== undefined)) {
    throw badArgument('pass either joining and leaving, or members', 'reconfig')
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

/** Parses the text of the znode. @throws ZooKeeperError MARSHALLING_ERROR if it is malformed. */
export function toConfigNode({ data, stat }: NodeData): ConfigNode {
  try {
    return { ...parseConfig(data?.toString() ?? ''), stat }
  } catch (error) {
    const message = 'the configuration could not be parsed; `cause` has the line'
    throw new ZooKeeperError('MARSHALLING_ERROR', { message, operation: 'getConfig', cause: error })
  }
}
