import { checks } from '@zookit/client'

export { type Schema, SchemaError } from '@zookit/client'

/** Validates a value as `typed` of the client does. */
export const parseWith: typeof checks.parseWith = checks.parseWith
