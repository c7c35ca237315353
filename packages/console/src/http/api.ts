import type { WordOptions } from '@zookit/admin'
import { counted, validatePath, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { ensembleView } from '../ensemble/members.ts'
import type { Monitor } from '../ensemble/monitor.ts'
import { readSessions } from '../ensemble/sessions.ts'
import { MOST_FOLDERS, MOST_ROWS } from '../limits.ts'
import type { Hub } from '../live/hub.ts'
import type { ErrorView, Interest, WriteRequest } from '../protocol.ts'
import type { Schemas } from '../recipes/config.ts'
import { findRecipes, recognise } from '../recipes/recognise.ts'
import type { TrafficStore } from '../traffic/store.ts'
import { exportLines } from '../write/tree-file.ts'
import type { WriteLog } from '../write/write-log.ts'
import { write } from '../write/writer.ts'
import { readChildren, readRows, readZnode } from '../znode/read.ts'

/** Milliseconds until a page is told that the ensemble does not answer. */
const ANSWER_TIMEOUT = 8000
/** Bytes of a write: an import of an export, else a znode in base64. */
const MOST_BYTES = 64 * 1024 * 1024
/** Bytes of any other request: the paths of a page. */
const MOST_ASKED_BYTES = 4 * 1024 * 1024
/** Requests with a body that may be on their way at a time, writes and others. */
const MOST_WRITES = 16
const MOST_ASKED = 128
/** Bytes of a write that is refused whatever it is. */
const MOST_REFUSED_BYTES = 64 * 1024

/** All that the answers are made of. */
export interface ApiParts {
  readonly zk: ZooKeeper
  readonly hub: Hub
  readonly monitor: Monitor
  readonly traffic: TrafficStore
  readonly log: WriteLog
  readonly hosts: string
  readonly words: WordOptions
  readonly schemas: Schemas
  readonly isWritable: boolean
  /** Milliseconds until a write is answered that goes on. Default as for all requests. */
  readonly patience: number | undefined
}

/** Makes the part of the application that answers the page. */
export function api(parts: ApiParts): Hono {
  const app = new Hono()
  app.use('/write', atMost(MOST_WRITES, parts.log))
  app.use('/write', limit(parts.isWritable ? MOST_BYTES : MOST_REFUSED_BYTES, parts.log))
  const paths = [atMost(MOST_ASKED), limit(MOST_ASKED_BYTES)] as const
  app.use('/interest', ...paths)
  app.use('/rows', ...paths)
  app.onError((error, context) => fail(context, error))
  app.get('/stream', context => stream(context, parts))
  app.post('/interest', context => interest(context, parts))
  reads(app, parts)
  writes(app, parts)
  return app
}

/** Refuses larger bodies, and notes it where they would have been writes. */
function limit(maxSize: number, log?: WriteLog): MiddlewareHandler {
  const message = `A request has at most ${counted(maxSize, 'byte')} here.`
  const onError = (context: Context): Response => {
    log?.note({}, `refused: ${message}`)
    return context.json(view('TOO_LARGE', message, null), 413)
  }
  return bodyLimit({ maxSize, onError })
}

/** Refuses requests while there are so many on their way: each may have a body of the largest size. */
function atMost(most: number, log?: WriteLog): MiddlewareHandler {
  let count = 0
  return async (context, next) => {
    if (count >= most) {
      const message = `The console answers at most ${most} of these requests at a time.`
      log?.note({}, `refused: ${message}`)
      return context.json(view('TOO_MANY_REQUESTS', message, 'Try again.'), 503)
    }
    count++
    try {
      return await next()
    } finally {
      count--
    }
  }
}

/** Reads the body of a request. @throws ZooKeeperError BAD_ARGUMENTS if it is no JSON object. */
async function objectOf<Body extends object>(
  context: Context,
): Promise<Partial<Record<keyof Body, unknown>>> {
  const body = await context.req.json<unknown>().catch((error: Error) => {
    throw bad(`the body is no JSON: ${error.message}`)
  })
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw bad('the body must be a JSON object')
  return body
}

function reads(app: Hono, { zk, hub, monitor, traffic, hosts, words, schemas }: ApiParts): void {
  app.get('/children', async context => context.json(await soon(readChildren(zk, pathOf(context)))))
  app.get('/znode', async context => context.json(await soon(readZnode(zk, pathOf(context), traffic.modes))))
  app.post('/rows', async context => {
    const { paths } = await objectOf<{ paths: string[] }>(context)
    if (!isTexts(paths, MOST_ROWS)) throw bad(`the paths must be a list of at most ${MOST_ROWS}`)
    for (const path of paths) validatePath(path)
    return context.json(await soon(readRows(zk, paths, traffic.modes)))
  })
  app.get('/recipe', async context => context.json(await soon(recognise(zk, pathOf(context), schemas))))
  app.get('/recipes', async context => context.json(await soon(findRecipes(zk, pathOf(context), schemas))))
  app.get('/ensemble', async context => context.json(await soon(ensembleView(zk, monitor.samples))))
  app.get('/sessions', async context => {
    const { session } = hub.connection()
    return context.json(await soon(readSessions(hosts, words, session)))
  })
  app.get('/traffic', context => context.json(traffic.view()))
  app.get('/export', async context => {
    const path = pathOf(context)
    // Once the answer has begun, its status cannot tell.
    if ((await soon(zk.exists(path))) === null)
      throw new ZooKeeperError('NO_NODE', { message: `${path} does not exist`, path, outcome: 'rejected' })
    const name = encodeURIComponent(path === '/' ? 'root' : path.slice(path.lastIndexOf('/') + 1))
    context.header('content-type', 'application/x-ndjson; charset=utf-8')
    context.header('content-disposition', `attachment; filename*=UTF-8''${name}.ndjson`)
    return context.body(bytesOf(exportLines(zk, path)))
  })
}

/** Turns lines into a body that is read as the browser takes it. */
function bytesOf(lines: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await lines.next()
      if (done) controller.close()
      else controller.enqueue(new TextEncoder().encode(value))
    },
    async cancel() {
      await lines.return(undefined)
    },
  })
}

function writes(app: Hono, { zk, log, traffic, isWritable, patience }: ApiParts): void {
  app.get('/log', context => context.json({ lines: log.lines }))
  app.post('/write', async context => {
    const request = await objectOf<WriteRequest>(context).catch((error: Error) => {
      log.note({}, `refused: ${error.message}`)
      throw error
    })
    if (!isWritable) {
      log.note(request, 'refused: the console is read-only')
      return context.json(view('READ_ONLY', 'This console is read-only.', 'Start it with --write.'), 403)
    }
    const asked = request as unknown as WriteRequest
    const work = write(zk, asked).then(done => {
      if (asked.do === 'create') traffic.modes.note(done.path, markedMode(asked.mode))
      return done
    })
    return context.json(await log.follow(request, work, soon(work, patience)))
  })
}

/** Returns the mode of a new znode, where it is one that rows are marked with. */
function markedMode(mode: string): 'container' | 'ttl' | null {
  return mode === 'container' ? mode : mode === 'ttl' || mode === 'ttl-sequential' ? 'ttl' : null
}

function stream(context: Context, { hub, monitor }: ApiParts): Response {
  context.header('content-type', 'text/event-stream')
  context.header('cache-control', 'no-store')
  context.header('x-accel-buffering', 'no')
  // Nobody reads the body of an answer to HEAD: no page is opened for it.
  if (context.req.method === 'HEAD') return context.body(null)
  const body = hub.open()
  if (body === null)
    return context.json(view('TOO_MANY_PAGES', 'Too many pages are open.', 'Close some of them.'), 503)
  monitor.start()
  return context.body(body)
}

async function interest(context: Context, { hub }: ApiParts): Promise<Response> {
  const { page, folders, znode, traffic, ensemble } = await objectOf<Interest & { page: string }>(context)
  if (!isTexts(folders, MOST_FOLDERS)) throw bad(`at most ${MOST_FOLDERS} folders can be open`)
  if (typeof page !== 'string') throw bad('the page is missing')
  const stream = hub.page(page)
  if (stream === undefined)
    return context.json(view('NO_PAGE', 'The stream of this page has ended.', null), 410)
  stream.interest = {
    // An address may name what is no path: nothing happens there.
    folders: folders.filter(isPath),
    znode: isPath(znode) ? znode : null,
    traffic: traffic === true,
    ensemble: ensemble === true,
  }
  return context.json({})
}

function isTexts(value: unknown, most: number): value is string[] {
  return Array.isArray(value) && value.length <= most && value.every(each => typeof each === 'string')
}

function isPath(value: unknown): value is string {
  try {
    validatePath(value as string)
    return true
  } catch {
    return false
  }
}

function pathOf(context: Context): string {
  const path = context.req.query('path')
  if (path === undefined) throw bad('the path is missing')
  validatePath(path)
  return path
}

function bad(message: string): ZooKeeperError {
  return new ZooKeeperError('BAD_ARGUMENTS', { message, outcome: 'not-sent' })
}

/** Waits for an answer, but not for ever: without a connection requests wait for the next one. */
async function soon<Result>(answer: Promise<Result>, patience = ANSWER_TIMEOUT): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const message = `the ensemble has not answered for ${patience / 1000} s: what was asked may still be carried out`
      reject(new ZooKeeperError('REQUEST_TIMEOUT', { message, outcome: 'unknown' }))
    }, patience)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}

const STATUS: Readonly<Record<string, 400 | 403 | 404 | 409 | 503>> = {
  BAD_ARGUMENTS: 400,
  INVALID_ACL: 400,
  NO_NODE: 404,
  NO_AUTH: 403,
  BAD_VERSION: 409,
  NODE_EXISTS: 409,
  NOT_EMPTY: 409,
}

const ADVICE: Readonly<Record<string, string>> = {
  NO_AUTH: 'The ACL of the znode does not allow it to the identities of this console.',
  BAD_VERSION: 'Somebody else was faster.',
  NOT_EMPTY: 'Delete it with all below it.',
  RESPONSE_TOO_LARGE: 'Give the client of the console a larger maxResponseSize.',
}

function fail(context: Context, error: unknown): Response {
  if (ZooKeeperError.is(error)) {
    return context.json(
      view(error.code, error.message, ADVICE[error.code] ?? null),
      STATUS[error.code] ?? 503,
    )
  }
  return context.json(view('FAILED', (error as Error).message, null), 500)
}

function view(code: string, message: string, advice: string | null): ErrorView {
  return { code, message, advice }
}
