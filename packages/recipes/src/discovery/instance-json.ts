import { ZooKeeperError } from '@zookit/client'
import { badArgument } from '../core/errors.ts'
import { SERVICE_TYPES, type ServiceInstance, type ServiceType } from './service-instance.ts'
import { formatUriSpec, parseUriSpec, type UriPart } from './uri-spec.ts'

/** Property in which Jackson stores the class of an object. */
const CLASS = '@class'

/** Class of a list that names none: Jackson refuses a list without a class. */
const LIST_CLASS = 'java.util.ArrayList'

/**
 * Encodes an instance as Curator's JsonInstanceSerializer does, so that Curator can read it.
 *
 * A payload names its class as Jackson expects: an object by a property, anything else by a pair that begins with the
 * class. An object without a class is a map in Java; strings, numbers and booleans need none.
 *
 * @throws ZooKeeperError BAD_ARGUMENTS: the payload is not JSON.
 */
export function encodeInstance(instance: ServiceInstance): string {
  const { name, id, address, port, sslPort, registrationTimeUTC, serviceType, uriSpec, enabled } = instance
  const payload = encodePayload(instance)
  const parts = uriSpec === null ? null : { parts: parseUriSpec(uriSpec) }
  const head = { name, id, address, port, sslPort, payload }
  return JSON.stringify({ ...head, registrationTimeUTC, serviceType, uriSpec: parts, enabled })
}

/**
 * Decodes an instance that Curator or this library has written.
 *
 * @param path znode that had it, for the error.
 * @throws ZooKeeperError INVALID_DATA: it is no instance.
 */
export function decodeInstance(data: Buffer | null, path: string): ServiceInstance {
  const fields = parseObject(data, path)
  const serviceType = fields.serviceType ?? 'DYNAMIC'
  if (!SERVICE_TYPES.has(serviceType)) throw invalid('the serviceType is unknown', path)
  const text = (name: string): string | null => field(fields, name, 'string', path)
  const number = (name: string): number | null => field(fields, name, 'number', path)
  const [name, id] = [text('name'), text('id')]
  if (name === null || id === null) throw invalid('the name or the id is missing', path)
  return {
    name,
    id,
    address: text('address'),
    port: number('port'),
    sslPort: number('sslPort'),
    ...decodePayload(fields.payload ?? null),
    registrationTimeUTC: number('registrationTimeUTC') ?? 0,
    serviceType: serviceType as ServiceType,
    uriSpec: decodeUriSpec(fields.uriSpec ?? null, path),
    // Curator writes it only on request. Without it, an instance is enabled.
    enabled: field<boolean>(fields, 'enabled', 'boolean', path) ?? true,
  }
}

function encodePayload({ payload, payloadClass, name }: ServiceInstance): unknown {
  const plain = toPlain(payload, name)
  if (Array.isArray(plain)) return [payloadClass ?? LIST_CLASS, plain]
  if (plain === null || payloadClass === null) return plain
  return typeof plain === 'object' ? { [CLASS]: payloadClass, ...plain } : [payloadClass, plain]
}

function decodePayload(payload: unknown): { payload: unknown; payloadClass: string | null } {
  if (Array.isArray(payload) && payload.length === 2 && typeof payload[0] === 'string') {
    return { payload: payload[1], payloadClass: payload[0] }
  }
  if (isObject(payload) && typeof payload[CLASS] === 'string') {
    const { [CLASS]: payloadClass, ...rest } = payload
    return { payload: rest, payloadClass: payloadClass as string }
  }
  return { payload, payloadClass: null }
}

function toPlain(payload: unknown, name: string): unknown {
  let text: string | undefined
  try {
    text = JSON.stringify(payload ?? null)
  } catch (error) {
    throw badArgument(`the payload of ${name} cannot be written as JSON: ${String(error)}`)
  }
  if (text === undefined) throw badArgument(`the payload of ${name} cannot be written as JSON`)
  return JSON.parse(text)
}

function decodeUriSpec(spec: unknown, path: string): string | null {
  if (spec === null) return null
  if (!isObject(spec) || !Array.isArray(spec.parts)) throw invalid('the uriSpec has no parts', path)
  const parts = spec.parts.map((part: unknown): UriPart => {
    if (!isObject(part) || typeof part.value !== 'string')
      throw invalid('a part of uriSpec has no value', path)
    const variable = part.variable === true
    // A pattern has no way to write it: whoever fills the pattern would fail, far from here.
    if (variable && /[{}]/.test(part.value))
      throw invalid('a variable of uriSpec has a brace in its name', path)
    return { value: part.value, variable }
  })
  return formatUriSpec(parts)
}

function parseObject(data: Buffer | null, path: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(data?.toString() ?? '')
  } catch (error) {
    throw invalid(`the data is not JSON: ${String(error)}`, path)
  }
  if (!isObject(value)) throw invalid('the data is not a JSON object', path)
  return value
}

function field<Value>(
  fields: Record<string, unknown>,
  name: string,
  type: 'string' | 'number' | 'boolean',
  path: string,
): Value | null {
  const value = fields[name] ?? null
  if (value === null) return null
  if (typeof value !== type) throw invalid(`${name} is not a ${type}`, path)
  return value as Value
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function invalid(message: string, path: string): ZooKeeperError {
  return new ZooKeeperError('INVALID_DATA', { message, path, outcome: 'not-sent' })
}
