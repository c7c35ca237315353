import { JuteError, type MultiRequest, Reader } from '@zookit/jute'

/** A reader that returns null where a record has a string and the bytes have null, as Apache's decoder does. */
class NullStringReader extends Reader {
  override ustring(): string {
    return this.nullableUstring() as string
  }
}

/**
 * Decodes a request as Apache's server does, which accepts null for every string: some clients send null as the id of
 * an `auth` entry in an ACL. The records of `@zookit/jute` do not accept it, so a request with a null is decoded twice.
 *
 * @param accepts tells if the operation can execute a request with the nulls that this one has.
 * @throws JuteError for a request that does not decode, or that is not accepted.
 */
export function readWithNulls<Request>(
  reader: Reader,
  read: (reader: Reader) => Request,
  accepts: (request: Request) => boolean,
): Request {
  const start = reader.offset
  try {
    return read(reader)
  } catch (error) {
    if (!(JuteError.is(error) && error.code === 'UNEXPECTED_NULL')) throw error
    // The reader's memory is reused for the next request, so the second decoder has a copy.
    const request = read(new NullStringReader(Buffer.from(reader.bytes.subarray(start, reader.limit))))
    if (!accepts(request)) throw error
    return request
  }
}

/** Tells if a request has a path. */
export function hasPath(request: { readonly path: string | null }): boolean {
  return request.path !== null
}

/** Tells if every operation of a multi has a path. */
export function hasPaths({ operations }: MultiRequest): boolean {
  return operations.every(({ request }) => hasPath(request))
}

/** Accepts a request whatever is null in it. */
export function anyNull(): boolean {
  return true
}
