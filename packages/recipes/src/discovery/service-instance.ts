import { badArgument } from '../core/errors.ts'
import { fillUriSpec, parseUriSpec } from './uri-spec.ts'

/**
 * How long an instance stays.
 *
 * - `DYNAMIC`: until its session ends, or it is unpublished.
 * - `DYNAMIC_SEQUENTIAL`: the same, and the server numbers its node.
 * - `STATIC`, `PERMANENT`: until it is unpublished.
 */
export type ServiceType = 'DYNAMIC' | 'STATIC' | 'PERMANENT' | 'DYNAMIC_SEQUENTIAL'

/** Somebody who offers a service, as Curator's x-discovery knows it. */
export interface ServiceInstance<Payload = unknown> {
  /** Of the service. */
  readonly name: string
  /** Of the instance, within the service. */
  readonly id: string
  /** Host name or IP address. */
  readonly address: string | null
  readonly port: number | null
  readonly sslPort: number | null
  /** Whatever else is to be known of it. */
  readonly payload: Payload
  /** The Java class that the payload says it is. Null if it says none. */
  readonly payloadClass: string | null
  /** Milliseconds since 1970, by the clock of who has published it. */
  readonly registrationTimeUTC: number
  readonly serviceType: ServiceType
  /** A pattern such as `{scheme}://{address}:{port}`; see `uriOf`. */
  readonly uriSpec: string | null
  /** Whether it is to be used. */
  readonly enabled: boolean
}

/** An instance to be published. */
export interface InstanceInit<Payload = unknown> {
  /** Of the service. */
  name: string
  /** Of the instance, within the service. Default: a UUID. */
  id?: string | undefined
  /** Host name or IP address. Default null. */
  address?: string | null | undefined
  /** Default null. */
  port?: number | null | undefined
  /** Default null. */
  sslPort?: number | null | undefined
  /** Whatever else is to be known of it, as JSON can say it. Default null. */
  payload?: Payload | undefined
  /** The Java class that the payload is, for readers in Java. Default: the registry's `payloadClass`. */
  payloadClass?: string | null | undefined
  /** Default `DYNAMIC`. */
  serviceType?: ServiceType | undefined
  /** A pattern such as `{scheme}://{address}:{port}`. Default null. */
  uriSpec?: string | null | undefined
  /** Default true. */
  enabled?: boolean | undefined
}

/** All there are. */
export const SERVICE_TYPES: ReadonlySet<unknown> = new Set<ServiceType>([
  'DYNAMIC',
  'STATIC',
  'PERMANENT',
  'DYNAMIC_SEQUENTIAL',
])

const HIGHEST_PORT = 65_535

/** What tells an instance from the others: its id; numbered ones may share that, and have their addresses. */
export function identityOf({ id, address, port, sslPort, serviceType }: ServiceInstance): string {
  return serviceType === 'DYNAMIC_SEQUENTIAL' ? `${id} ${address}:${port}:${sslPort}` : id
}

/** @throws ZooKeeperError BAD_ARGUMENTS: what is wrong with an instance that is to be published. */
export function checkInstance(instance: ServiceInstance, path: string): void {
  const { address, port, sslPort, payloadClass, serviceType, uriSpec, enabled } = instance
  if (address !== null && typeof address !== 'string') throw badArgument('address is text or null', path)
  for (const one of [port, sslPort]) {
    if (one !== null && !(Number.isInteger(one) && one >= 0 && one <= HIGHEST_PORT)) {
      throw badArgument(`a port is a whole number from 0 to 65535, not ${String(one)}`, path)
    }
  }
  if (payloadClass !== null && typeof payloadClass !== 'string') {
    throw badArgument('payloadClass is text or null', path)
  }
  if (!SERVICE_TYPES.has(serviceType))
    throw badArgument(`there is no serviceType ${String(serviceType)}`, path)
  if (typeof enabled !== 'boolean') throw badArgument('enabled is true or false', path)
  if (uriSpec !== null) parseUriSpec(uriSpec)
}

/**
 * The address of an instance by its `uriSpec`: empty if it has none.
 *
 * Known are `scheme` (https with an `sslPort`, else http), `name`, `id`, `address`, `port`, `ssl-port`,
 * `registration-time-utc` and `service-type`.
 *
 * @param variables more of them; they win.
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
