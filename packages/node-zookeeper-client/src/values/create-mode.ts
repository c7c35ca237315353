import type { CreateMode as ZookitMode } from '@zookit/client'

/** The kinds of znodes, by their number. */
export interface CreateModes {
  PERSISTENT: number
  PERSISTENT_SEQUENTIAL: number
  EPHEMERAL: number
  EPHEMERAL_SEQUENTIAL: number
}

/** The kinds of znodes, by their number. */
export const CreateMode: CreateModes = {
  PERSISTENT: 0,
  PERSISTENT_SEQUENTIAL: 2,
  EPHEMERAL: 1,
  EPHEMERAL_SEQUENTIAL: 3,
}

const NAMES: readonly ZookitMode[] = [
  'persistent',
  'ephemeral',
  'persistent-sequential',
  'ephemeral-sequential',
  'container',
]

/** Returns the name of a mode. A number without one is no mode, and the client refuses it by BAD_ARGUMENTS. */
export function modeName(mode: number): ZookitMode {
  return NAMES[mode] ?? (String(mode) as ZookitMode)
}
