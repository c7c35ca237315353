import { checks } from '@zookit/client'
import { badArgument } from '../core/errors.ts'
import { fillUriSpec, parseUriSpec } from './uri-spec.ts'

/**
 * Lifetime of an instance.
 *
 * - `DYNAMIC`: until its session ends, or it is unpublished.
 * - `DYNAMIC_SEQUENTIAL`: the same, and the server numbers its znode.
 * - `STATIC`, `PERMANENT`: until it is unpublished.
 */
export type ServiceType = 'DYNAMIC' | 'STATIC' | 'PERMANENT' | 'DYNAMIC_SEQUENTIAL'

/** An instance of a service, as in Curator's x-discovery. */
export interface ServiceInstance<Payload = unknown> {
  /** Name of the service. */
  readonly name: string
  /** Id of the instance within the service. */
  readonly id: string
  /** Host name or IP address. */
  readonly address: string | null
  readonly port: number | null
  readonly sslPort: number | null
  /** Any further data. */
  readonly payload: Payload
  /** Java class of the payload. Null if the payload names none. */
  readonly payloadClass: string | null
  /** Milliseconds since 1970, on the publisher's clock. */
  readonly registrationTimeUTC: number
  readonly serviceType: ServiceType
  /** A pattern such as `{scheme}://{address}:{port}`; see `uriOf`. */
  readonly uriSpec: string | null
  /** True if the instance may be used. */
  readonly enabled: boolean
}

/** An instance to publish. */
export interface InstanceInit<Payload = unknown> {
  /** Name of the service. */
  name: string
  /** Id of the instance within the service. Default: a UUID. */
  id?: string | undefined
  /** Host name or IP address. Default null. */
  address?: string | null | undefined
  /** Default null. */
  port?: number | null | undefined
  /** Default null. */
  sslPort?: number | null | undefined
  /** Any further data that is JSON. Default null. */
  payload?: Payload | undefined
  /** Java class of the payload, for readers in Java. Default: the registry's `payloadClass`. */
  payloadClass?: string | null | undefined
  /** Default `DYNAMIC`. */
  serviceType?: ServiceType | undefined
  /** A pattern such as `{scheme}://{address}:{port}`. Default null. */
  uriSpec?: string | null | undefined
  /** Default true. */
  enabled?: boolean | undefined
}

/** All service types. */
export const SERVICE_TYPES: ReadonlySet<unknown> = new Set<ServiceType>([
  'DYNAMIC',
  'STATIC',
  'PERMANENT',
  'DYNAMIC_SEQUENTIAL',
])

/** The names of the fields; `checkInstance` checks their values. An instance that was read may be published again. */
const FIELDS: Readonly<Record<keyof ServiceInstance, checks.Check>> = {
  name: checks.checkedLater,
  id: checks.checkedLater,
  address: checks.checkedLater,
  port: checks.checkedLater,
  sslPort: checks.checkedLater,
  payload: checks.checkedLater,
  payloadClass: checks.checkedLater,
  registrationTimeUTC: checks.checkedLater,
  serviceType: checks.checkedLater,
  uriSpec: checks.checkedLater,
  enabled: checks.checkedLater,
}

/** The fields of an instance to publish, and of a change of one. */
export const INSTANCE: checks.OptionTable = checks.fieldTable("{ name: 'web', port: 8080 }", FIELDS)

const HIGHEST_PORT = 65_535

/**
 * Returns the key of an instance: its id. Sequential instances may share an id, and are told apart by their
 * addresses.
 */
export function identityOf({ id, address, port, sslPort, serviceType }: ServiceInstance): string {
  return serviceType === 'DYNAMIC_SEQUENTIAL' ? `${id} ${address}:${port}:${sslPort}` : id
}

/** @throws ZooKeeperError BAD_ARGUMENTS: a field of an instance to publish is invalid. */
export function checkInstance(instance: ServiceInstance, path: string): void {
  const { address, port, sslPort, payloadClass, serviceType, uriSpec, enabled } = instance
  if (address !== null && typeof address !== 'string')
    throw badArgument('address must be a string or null', path)
  for (const one of [port, sslPort]) {
    if (one !== null && !(Number.isInteger(one) && one >= 0 && one <= HIGHEST_PORT)) {
      throw badArgument(`a port must be a whole number from 0 to 65535, not ${checks.describe(one)}`, path)
    }
  }
  if (payloadClass !== null && typeof payloadClass !== 'string') {
    throw badArgument('payloadClass must be a string or null', path)
  }
  if (!SERVICE_TYPES.has(serviceType))
    throw badArgument(`serviceType must be a known service type, not ${checks.describe(serviceType)}`, path)
  if (typeof enabled !== 'boolean') throw badArgument('enabled must be true or false', path)
  if (uriSpec !== null && typeof uriSpec !== 'string') throw badArgument('uriSpec must be text or null', path)
  if (uriSpec !== null) parseUriSpec(uriSpec)
}

/**
 * Returns the address of an instance by its `uriSpec`: empty if it has none.
 *
 * Variables are `scheme` (https with an `sslPort`, else http), `name`, `id`, `address`, `port`, `ssl-port`,
 * `registration-time-utc` and `service-type`.
 *
 * @param variables further variables, which take precedence.
 */
export function uriOf(instance: ServiceInstance, variables: Readonly<Record<string, unknown>> = {}): string {
  if (instance.uriSpec === null) return ''
  const known: [string, unknown][] = [
    ['scheme', instance.sslPort === null ? 'http' : 'https'],
    ['name', instance.name],
    ['id', instance.id],
    ['address', instance.address],
    ['port', instance.port],
    ['ssl-port', instance.sslPort],
    ['registration-time-utc', instance.registrationTimeUTC],
    ['service-type', instance.serviceType.toLowerCase()],
  ]
  return fillUriSpec(instance.uriSpec, new Map([...known, ...Object.entries(variables)]))
}
