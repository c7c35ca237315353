import type { Readable } from 'node:stream'
import type { TlsOptions } from '@zookit/connection'
import { AdminError } from '../admin-error.ts'
import type { ResolvedCall } from '../options.ts'
import { isObject, type JsonObject, parseJson } from './json.ts'
import { type AdminRequest, type AdminResponse, readBody, send } from './request.ts'

/** The parameters of a command. */
export type Parameters = Readonly<Record<string, string | number | bigint | boolean>>

/** A call of a command. */
export interface Call {
  command: string
  parameters?: Parameters
  body?: Readable
  /** Milliseconds; that of the options by default. */
  timeout?: number
}

/** Longest part of an answer that a message quotes. */
const QUOTED = 80

const NOT_SERVING = /not currently serving requests/
const UNKNOWN = /^Unknown command/

/** Sends commands to one AdminServer, and turns every refusal into an AdminError. */
export class CommandSender {
  readonly #url: URL
  readonly #headers: Readonly<Record<string, string>>
  readonly #tls: TlsOptions | null
  readonly #bounds: ResolvedCall

  constructor(
    url: URL,
    headers: Readonly<Record<string, string>>,
    tls: TlsOptions | null,
    bounds: ResolvedCall,
  ) {
    this.#url = url
    this.#headers = headers
    this.#tls = tls
    this.#bounds = bounds
  }

  /** Sends a command, and resolves with its answer. @throws AdminError. */
  async ask(call: Call): Promise<JsonObject> {
    const request = this.#request(call)
    const response = await send(request, this.#limits(call))
    return this.#answer(call, request, response)
  }

  /** Sends a command whose answer may be a stream. JSON is read, and refused if it is an error. @throws AdminError. */
  async open(call: Call): Promise<AdminResponse> {
    const request = this.#request(call)
    const response = await send(request, this.#limits(call))
    const isStream = response.status === 200 && !response.header('content-type')?.includes('json')
    if (!isStream) await this.#answer(call, request, response)
    return response
  }

  /** Resolves with the text of AdminServer's first page. @throws AdminError. */
  async page(): Promise<string> {
    const call: Call = { command: '' }
    const request = this.#request(call)
    return readBody(
      await send(request, this.#limits(call)),
      this.#bounds.maxBytes,
      request,
      this.#limits(call),
    )
  }

  malformed(command: string, text: string): AdminError {
    return this.#error(
      'MALFORMED_ANSWER',
      command,
      `is it AdminServer? It says ${JSON.stringify(text.slice(0, QUOTED))}`,
    )
  }

  #limits({ timeout }: Call): { timeout: number; signal: AbortSignal | null; tls: TlsOptions | null } {
    return { timeout: timeout ?? this.#bounds.timeout, signal: this.#bounds.signal, tls: this.#tls }
  }

  #request({ command, parameters = {}, body }: Call): AdminRequest {
    const url = new URL(this.#url)
    if (command !== '') url.pathname = `${url.pathname}/${command}`
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, String(value))
    const headers = body ? { ...this.#headers, 'content-type': 'application/octet-stream' } : this.#headers
    return { command, url, headers, body: body ?? null }
  }

  async #answer(call: Call, request: AdminRequest, response: AdminResponse): Promise<JsonObject> {
    const text = await readBody(response, this.#bounds.maxBytes, request, this.#limits(call))
    const { command } = call
    const json = this.#parse(text)
    const told = typeof json?.error === 'string' ? json.error : ''
    if (response.status === 401) {
      throw this.#error(
        'NOT_AUTHENTICATED',
        command,
        `${told || 'it wants a credential'}: set auth, such as { scheme: 'digest', id: 'user:password' }`,
      )
    }
    if (response.status === 403) {
      throw this.#error('NOT_AUTHORIZED', command, `${told}: the credential needs all permissions on /`)
    }
    if (response.status === 429) {
      throw this.#error(
        'RATE_LIMITED',
        command,
        'try again later: admin.rateLimiterIntervalInMS is the pause between two',
      )
    }
    if (response.status === 503) {
      throw this.#error('DISABLED', command, `set admin.${command}.enabled=true in the server's zoo.cfg`)
    }
    if (json === null) throw this.#notJson(command, response.status, text)
    if (told !== '' || response.status !== 200) throw this.#refused(command, response.status, told)
    return json
  }

  #parse(text: string): JsonObject | null {
    try {
      const json = parseJson(text)
      return isObject(json) && 'command' in json ? json : null
    } catch {
      return null
    }
  }

  /** Makes the error of an answer that is no JSON: AdminServer answers with a page of its web server where a command throws, as
   * some do while the server is starting. */
  #notJson(command: string, status: number, text: string): AdminError {
    if (status !== 500) return this.malformed(command, text)
    return this.#error(
      'COMMAND_FAILED',
      command,
      'it failed in the server, which may not be serving: see its log',
    )
  }

  #refused(command: string, status: number, told: string): AdminError {
    if (UNKNOWN.test(told))
      return this.#error('UNKNOWN_COMMAND', command, 'it does not know the command: is it older?')
    if (NOT_SERVING.test(told)) {
      const reason =
        'it runs and serves no clients: see its log, and whether a majority of the ensemble is up'
      return this.#error('NOT_SERVING', command, reason)
    }
    return this.#error(
      'COMMAND_FAILED',
      command,
      told || `it answers with the status ${status}: see the server's log`,
    )
  }

  #error(code: ConstructorParameters<typeof AdminError>[0], command: string, reason: string): AdminError {
    return new AdminError(code, reason, { server: this.#url.origin, command })
  }
}
