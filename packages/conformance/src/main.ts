#!/usr/bin/env node
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { SingleBar } from 'cli-progress'
import { accessFrom } from './access/arguments.ts'
import type { Credential } from './keeper.ts'
import { labelOf } from './label.ts'
import { isRelease, type Release } from './release.ts'
import { formatMarkdown } from './report/markdown.ts'
import { formatFailures, formatTable } from './report/text.ts'
import type { ConformanceOptions, ConformanceReport } from './report/types.ts'
import { runConformance } from './run.ts'

const USAGE = `zookit-conformance --hosts HOST:PORT[,HOST:PORT...]

  --profile 3.8             the release to hold the servers to; by default the one that they tell
  --only PATTERN            only the cases whose "area: title" matches this regular expression
  --auth digest:USER:PASS   a credential for the directory that the suite creates; may be repeated
  --super USER:PASS         the super user, for the cases that need one
  --tls-ca FILE             use TLS, and trust this authority's certificate (PEM)
  --tls-cert FILE           the certificate to show to the servers
  --tls-key FILE            the private key of that certificate
  --sasl-user NAME          the user to authenticate as by SASL DIGEST-MD5
  --sasl-password-env NAME  the environment variable with the password of that user
  --sasl-kerberos           authenticate by Kerberos, with the ticket of the credential cache
  --insecure-auth           allow passwords on connections that are neither encrypted nor local
  --dangerous               also the cases that can harm servers that others use: one of them stops ensembles
                            of 3.9.3 and 3.9.5 permanently, others cost a server with many watches much time
  --max-wait MS             how long to wait for anything that is expected (5000)
  --json FILE               writes the results as JSON
  --markdown FILE           writes the results as Markdown

Everything that the suite creates is below one znode. It removes that znode at the end, also after Ctrl-C; a second
Ctrl-C ends it at once. The exit code is 0 if nothing failed, 1 if a case failed or the run ended early, 2 if the suite
could not run or could not remove its znode.
`

/** The command line, parsed. */
interface Arguments {
  readonly options: ConformanceOptions
  readonly json: string | undefined
  readonly markdown: string | undefined
}

function credential(text: string): Credential {
  const colon = text.indexOf(':')
  if (colon < 1) throw new Error('--auth takes SCHEME:SECRET')
  return { scheme: text.slice(0, colon), secret: text.slice(colon + 1) }
}

function release(text: string | undefined): Release | undefined {
  if (text === undefined || isRelease(text)) return text
  throw new Error(`--profile takes a release such as 3.8 or 3.8.4, not ${JSON.stringify(text)}`)
}

function parse(args: string[]): Arguments | null {
  const { values } = parseArgs({
    args,
    options: {
      hosts: { type: 'string' },
      profile: { type: 'string' },
      only: { type: 'string' },
      auth: { type: 'string', multiple: true },
      super: { type: 'string' },
      'tls-ca': { type: 'string' },
      'tls-cert': { type: 'string' },
      'tls-key': { type: 'string' },
      'sasl-user': { type: 'string' },
      'sasl-password-env': { type: 'string' },
      'sasl-kerberos': { type: 'boolean' },
      'insecure-auth': { type: 'boolean' },
      dangerous: { type: 'boolean' },
      'max-wait': { type: 'string' },
      json: { type: 'string' },
      markdown: { type: 'string' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) return null
  if (values.hosts === undefined) throw new Error('--hosts is missing')
  const { 'max-wait': limit } = values
  const maxWait = limit === undefined ? undefined : Number(limit)
  if (maxWait !== undefined && !(maxWait > 0)) throw new Error('--max-wait takes milliseconds')
  const options: ConformanceOptions = {
    hosts: values.hosts,
    profile: release(values.profile),
    only: values.only === undefined ? undefined : new RegExp(values.only),
    auth: values.auth?.map(credential),
    superUser: values.super,
    ...accessFrom(values, process.env),
    dangerous: values.dangerous,
    maxWait,
  }
  return { options, json: values.json, markdown: values.markdown }
}

function toJson(report: ConformanceReport): string {
  return `${JSON.stringify(report, null, 2)}\n`
}

function whyInterrupted({ results, lost }: ConformanceReport): string {
  const last = results.at(-1)
  if (!lost || last === undefined) return 'interrupted: not all cases have run'
  return `interrupted: the servers stopped answering at the case "${labelOf(last)}"`
}

/** Runs with a progress line where there is a terminal. */
async function runWithProgress(options: ConformanceOptions): Promise<ConformanceReport> {
  const stop = new AbortController()
  const onSignal = (): void => {
    if (stop.signal.aborted) endAtOnce()
    stop.abort()
  }
  const bar = new SingleBar({
    format: '{value}/{total} [{bar}] {label}',
    noTTYOutput: false,
    clearOnComplete: true,
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal)
  try {
    bar.start(0, 0, { label: '' })
    return await runConformance({
      ...options,
      signal: stop.signal,
      onProgress: ({ done, total, result }) => {
        bar.setTotal(total)
        bar.update(done, { label: labelOf(result) })
      },
    })
  } finally {
    bar.stop()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, onSignal)
  }
}

/** Ends the program where its own end takes too long. What it has created may be left at the servers. */
function endAtOnce(): never {
  process.stderr.write('ended by a second signal: /zookit-conformance-* may be left at the servers\n')
  process.exit(2)
}

async function main(): Promise<number> {
  const parsed = parse(process.argv.slice(2))
  if (parsed === null) {
    process.stdout.write(USAGE)
    return 0
  }
  const { options, json, markdown } = parsed
  const report = await runWithProgress(options)
  const failures = formatFailures(report)
  process.stdout.write(`${failures === '' ? '' : `${failures}\n\n`}${formatTable(report)}\n`)
  if (json !== undefined) writeFileSync(json, toJson(report))
  if (markdown !== undefined) writeFileSync(markdown, formatMarkdown(report))
  if (report.interrupted) process.stdout.write(`${whyInterrupted(report)}\n`)
  if (report.left !== null) process.stderr.write(`${report.left}\n`)
  if (report.left !== null) return 2
  return failures === '' && !report.interrupted ? 0 : 1
}

main().then(
  code => {
    process.exitCode = code
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 2
  },
)
