import { ZooKeeperError } from '@zookit/connection'
import type { ReconfigRequest, Stat } from '@zookit/jute'
import { REQUEST_CHECKS, type ReadOptions, type RequestOptions } from './arguments.ts'
import {
  type Check,
  checkOptions,
  describe,
  fieldTable,
  mustBe,
  type OptionTable,
  optionTable,
} from './checks.ts'
import { type EnsembleConfig, type EnsembleMember, formatMember, isMember, parseConfig } from './config.ts'
import { InvalidArgument, refused } from './invalid-argument.ts'
import { mapped, type NodeData } from './operations.ts'
import { CONFIG_PATH } from './path.ts'
import type { Requests } from './requests.ts'

/** The result of getConfig and reconfig. */
export interface ConfigNode extends EnsembleConfig {
  /** The Stat of `/zookeeper/config`. */
  stat: Stat
}

/** A change of some of the ensemble's members, or of all. */
export type Reconfiguration =
  | {
      /**
       * The members to add or to change: each as text, `server.5=host:port:port:participant;host:port`, or as a member
       * of `getConfig`.
       */
      joining?: readonly (string | EnsembleMember)[] | undefined
      /** The ids of members to remove. */
      leaving?: readonly number[] | undefined
      members?: undefined
    }
  | {
      /** All members of the new ensemble, each in the form of `joining`. */
      members: readonly (string | EnsembleMember)[]
      joining?: undefined
      leaving?: undefined
    }

/** The options of reconfig. */
export interface ReconfigOptions extends RequestOptions {
  /** The version that the current configuration must have; `getConfig` returns it. Default any. */
  fromConfig?: bigint | undefined
}

const CHANGE: OptionTable = fieldTable('{ joining: [...], leaving: [3] }', {
  joining: listOf('members', isMemberOrText),
  leaving: listOf('ids', Number.isInteger),
  members: listOf('members', isMemberOrText),
})

const OPTIONS: OptionTable = optionTable('{ fromConfig: version }', {
  fromConfig: mustBe('a bigint', value => typeof value === 'bigint'),
  ...REQUEST_CHECKS,
})

/** Reads the ensemble's configuration. See `ZooKeeper.getConfig`. Rejects, never throws. */
export function getConfig(requests: Requests, options?: ReadOptions): Promise<ConfigNode> {
  try {
    const operation = mapped(requests.operations.getData, toConfigNode)
    return requests.readOutside(operation, CONFIG_PATH, options)
  } catch (error) {
    return refused(error, 'getConfig')
  }
}

/** Changes the ensemble's members. See `ZooKeeper.reconfig`. Rejects, never throws. */
export function reconfig(
  requests: Requests,
  change: Reconfiguration,
  options?: ReconfigOptions,
): Promise<ConfigNode> {
  try {
    const body = reconfigBody(change, options)
    const operation = mapped(requests.operations.reconfig, toConfigNode)
    return requests.send(operation, body, undefined, options)
  } catch (error) {
    return refused(error, 'reconfig')
  }
}

/** Makes the record of a reconfig. @throws InvalidArgument. */
function reconfigBody(change: Reconfiguration, options: ReconfigOptions | undefined): ReconfigRequest {
  checkOptions(change, CHANGE)
  if (options !== undefined) checkOptions(options, OPTIONS)
  const { joining, leaving, members } = change
  const incremental = joining !== undefined || leaving !== undefined
  if (incremental === (members !== undefined)) {
    throw new InvalidArgument('pass either joining and leaving, or members')
  }
  return {
    joiningServers: joining?.map(toText).join(',') ?? null,
    leavingServers: leaving?.join(',') ?? null,
    newMembers: members?.map(toText).join(',') ?? null,
    curConfigId: options?.fromConfig ?? -1n,
  }
}

function toText(member: string | EnsembleMember): string {
  return typeof member === 'string' ? member : formatMember(member)
}

/** Makes a check for a list; its error names the index of the first entry that is not valid. */
function listOf(what: string, isValid: (entry: unknown) => boolean): Check {
  return value => {
    if (!Array.isArray(value)) return `must be a list of ${what}, not ${describe(value)}`
    const index = value.findIndex(entry => !isValid(entry))
    return index < 0 ? null : `must be a list of ${what}; its entry ${index} is ${describe(value[index])}`
  }
}

/** Returns true for text, whose form the server checks, and for a member as `getConfig` returns it. */
function isMemberOrText(entry: unknown): boolean {
  return typeof entry === 'string' || isMember(entry)
}

/** Parses the text of the znode. @throws ZooKeeperError MARSHALLING_ERROR if it is malformed. */
export function toConfigNode({ data, stat }: NodeData): ConfigNode {
  try {
    return Object.assign(parseConfig(data?.toString() ?? ''), { stat })
  } catch (error) {
    const message = 'the configuration could not be parsed; `cause` has the line'
    throw new ZooKeeperError('MARSHALLING_ERROR', { message, operation: 'getConfig', cause: error })
  }
}
