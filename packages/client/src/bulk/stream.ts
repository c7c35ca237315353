import { AnySignal } from '../any-signal.ts'
import { describe } from '../checks.ts'
import { InvalidArgument, withSubject } from '../invalid-argument.ts'
import type { Requests } from '../requests.ts'
import {
  BULK_CONCURRENCY,
  checkParts,
  checkPaths,
  type Found,
  MANY_OPTIONS,
  type ManyOptions,
  readParts,
} from './bulk-reads.ts'
import type { Pairs } from './pulled-pairs.ts'

/**
 * Reads znodes in batches: while one batch is handed out, the next one is read. A failure has its turn behind the batches before it.
 *
 * @param left is aborted when the iteration was left: then nothing more is read.
 */
export async function* streamParts<Options extends ManyOptions>(
  requests: Requests,
  paths: Iterable<string>,
  options: Options | undefined,
  left: AbortSignal,
): AsyncGenerator<Pairs<Found<Options> | null>, void, undefined> {
  // Aborted at the end, whatever that is: reads that were not sent are taken back then.
  const ended = new AbortController()
  try {
    checkParts(options, MANY_OPTIONS)
    const { signal } = new AnySignal([options?.signal, left, ended.signal])
    let ahead: Batch<Options> | undefined
    for (const next of requested(requests, paths, { ...options, signal } as Options)) {
      if (ahead) {
        const znodes = await ahead.found
        // What was read beside reads that were sent again may be older than these.
        if (ahead.isRepeated) next.read()
        yield { paths: ahead.paths, znodes }
      }
      ahead = next
    }
    if (ahead) yield { paths: ahead.paths, znodes: await ahead.found }
  } catch (error) {
    throw withSubject(error, 'streamMany')
  } finally {
    ended.abort()
  }
}

type Read<Options extends ManyOptions> = (onRepeat: () => void) => Promise<(Found<Options> | null)[]>

/** A batch whose znodes are being read. */
class Batch<Options extends ManyOptions> {
  readonly paths: readonly string[]
  found!: Promise<(Found<Options> | null)[]>
  /** True if some of its reads were sent again. */
  isRepeated = false
  readonly #read: Read<Options>

  constructor(paths: readonly string[], read: Read<Options>) {
    this.paths = paths
    this.#read = read
    this.read()
  }

  /** Requests the reads. */
  read(): void {
    this.found = this.#read(() => {
      this.isRepeated = true
    })
    // Its turn may never come: then nobody else handles the rejection.
    this.found.catch(() => {})
  }
}

/** Requests each batch. Where the paths fail, the last batch fails. */
function* requested<Options extends ManyOptions>(
  requests: Requests,
  paths: Iterable<string>,
  options: Options,
): Generator<Batch<Options>, void, undefined> {
  let before = 0
  try {
    for (const batch of batches(paths, options.concurrency ?? BULK_CONCURRENCY)) {
      const checked = checkPaths(batch, before)
      yield new Batch<Options>(checked, onRepeat =>
        readParts<Options>(requests, 'streamMany', checked, { ...options, onRepeat } as unknown as Options),
      )
      before += batch.length
    }
  } catch (error) {
    yield new Batch<Options>([], () => Promise.reject(error))
  }
}

function* batches(paths: Iterable<string>, size: number): Generator<string[], void, undefined> {
  if (
    typeof (paths as Partial<Iterable<string>> | null)?.[Symbol.iterator] !== 'function' ||
    typeof paths === 'string'
  )
    throw new InvalidArgument(`the paths must be an iterable, not ${describe(paths)}`)
  let batch: string[] = []
  for (const path of paths) {
    batch.push(path)
    if (batch.length < size) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
