import { formatServer, type ServerAddress } from '@zookit/connection'
import { AdminError } from '../admin-error.ts'
import type { ResolvedWordOptions } from '../options.ts'
import type { Configuration, Monitor, ServerSummary } from '../words/answers.ts'
import { FourLetterWords } from '../words/four-letter-words.ts'
import { readCertificate, type ServerCertificate } from './certificate.ts'

/** All that one server told. */
export interface Findings {
  summary: ServerSummary | null
  monitor: Monitor | null
  configuration: Configuration | null
  watches: number | null
  certificate: ServerCertificate | null
  /** The reason why there is no summary. */
  error: AdminError | null
  forbidden: string[]
}

/** Asks one server everything, one word after the other: words take connections, of which a server may have few. */
export async function probe(
  server: ServerAddress,
  options: ResolvedWordOptions,
  now: number,
): Promise<Findings> {
  const { tls, environment, timeout } = options
  const due = environment.now() + timeout
  const left = (): number => Math.max(1, Math.ceil(due - environment.now()))
  const findings: Findings = {
    summary: null,
    monitor: null,
    configuration: null,
    watches: null,
    certificate: null,
    error: null,
    forbidden: [],
  }
  const words = (): FourLetterWords => {
    const { maxBytes, signal } = options
    return new FourLetterWords(server, {
      tls,
      environment,
      maxBytes,
      timeout: left(),
      ...(signal && { signal }),
    })
  }
  const certificate = tls === null ? null : readCertificate(server, tls, timeout, now)
  try {
    findings.summary = await words().srvr()
    findings.monitor = await optional('mntr', findings, () => words().mntr())
    findings.configuration = await optional('conf', findings, () => words().conf())
    if (findings.monitor === null) {
      const summary = await optional('wchs', findings, () => words().wchs())
      findings.watches = summary?.watches ?? null
    }
  } catch (error) {
    findings.error = asAdminError(error, server)
  }
  findings.certificate = await certificate
  return findings
}

/** Asks what a server may refuse to tell, or may have no time for. */
async function optional<T>(word: string, findings: Findings, ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof AdminError && error.code === 'NOT_ALLOWED') findings.forbidden.push(word)
    return null
  }
}

function asAdminError(error: unknown, server: ServerAddress): AdminError {
  if (error instanceof AdminError) return error
  const details = { server: formatServer(server), command: 'srvr', cause: error }
  return new AdminError('COMMAND_FAILED', (error as Error).message, details)
}
