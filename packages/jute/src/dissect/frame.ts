import {
  ConnectRequestLayout,
  ConnectResponseLayout,
  ReplyHeaderLayout,
  RequestHeaderLayout,
  WatcherEventLayout,
} from '../generated/layouts.ts'
import { operationLayouts } from '../generated/operation-layouts.ts'
import { ErrorNumber, Xid } from '../index.ts'
import type { AnyLayout, OperationLayouts } from '../layout/types.ts'
import type { DissectedField, DissectedFrame, FrameKind, FrameOptions } from './types.ts'
import { Walker } from './walker.ts'

/**
 * Dissects one frame: its bytes without the length before them.
 *
 * @returns a tree of named fields. A malformed frame has a `fault`, and in its tree whatever precedes that.
 *   Never throws for what the bytes are. The fields' `bytes` are views of the argument.
 */
export function dissectFrame(bytes: Uint8Array, options: FrameOptions): DissectedFrame {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return new FrameReader(buffer, options).read()
}

/** The facts in which kinds of frame differ. */
interface Reading {
  readonly kind: FrameKind
  readonly operation: string | null
  readonly xid: number | null
}

class FrameReader {
  readonly #walker: Walker
  readonly #options: FrameOptions
  readonly #bytes: Buffer
  readonly #fields: DissectedField[] = []

  constructor(bytes: Buffer, options: FrameOptions) {
    this.#walker = new Walker(bytes, options.offset ?? 0, options.showSecrets ?? false)
    this.#options = options
    this.#bytes = bytes
  }

  read(): DissectedFrame {
    const { side, offset = 0 } = this.#options
    const reading = this.#read()
    this.#rest(reading.xid)
    const fault = this.#walker.fault
    return { side, ...reading, offset, length: this.#bytes.length, fields: this.#fields, fault }
  }

  #read(): Reading {
    const { side, handshake = false } = this.#options
    if (handshake && !this.#refusesHandshake()) return this.#handshake()
    return side === 'client' ? this.#request() : this.#reply()
  }

  /** Tells if this is the refusal of a handshake: a read-only server without local sessions answers with a header, xid 0 and err -119. */
  #refusesHandshake(): boolean {
    const header = this.#options.side === 'server' && this.#bytes.length === ReplyHeaderLayout.span
    return header && ReplyHeaderLayout.decode(this.#bytes).err === ErrorNumber.NOT_READ_ONLY
  }

  #handshake(): Reading {
    const asked = this.#options.side === 'client'
    this.#top('body', asked ? ConnectRequestLayout : ConnectResponseLayout)
    return { kind: asked ? 'connect-request' : 'connect-response', operation: null, xid: null }
  }

  #request(): Reading {
    const header = this.#top('header', RequestHeaderLayout)
    const xid = numberIn(header, 'xid')
    const opcode = numberIn(header, 'type')
    const layouts = opcode === null ? undefined : operationLayouts.get(opcode)
    this.#body(layouts?.request, xid, 'no operation has this opcode')
    return { kind: 'request', operation: layouts?.name ?? null, xid }
  }

  #reply(): Reading {
    const header = this.#top('header', ReplyHeaderLayout)
    const xid = numberIn(header, 'xid')
    if (xid === Xid.notification) {
      this.#body(WatcherEventLayout, xid, '')
      return { kind: 'notification', operation: null, xid }
    }
    const layouts = this.#answered(xid)
    // The one body behind an error: a server that ends a SASL exchange says so in its last token.
    const failed = numberIn(header, 'err') !== 0 && !(layouts?.name === 'sasl' && this.#walker.remaining > 0)
    this.#body(failed ? null : layouts?.response, xid, 'the request that this answers is not known')
    return { kind: 'reply', operation: layouts?.name ?? null, xid }
  }

  /** Returns the operation that a reply with this xid answers. setWatches and setWatches2 share one xid; neither has a body. */
  #answered(xid: number | null): OperationLayouts | undefined {
    const { opcode } = this.#options
    if (xid === Xid.ping) return operationLayouts.get(11)
    if (xid === Xid.auth) return operationLayouts.get(100)
    if (xid === Xid.setWatches && opcode === undefined) return operationLayouts.get(101)
    return opcode === undefined ? undefined : operationLayouts.get(opcode)
  }

  #top(name: string, layout: AnyLayout): DissectedField | null {
    return this.#push(this.#walker.top(name, layout))
  }

  /** Returns the body: null says that there is none, undefined that its layout is not known. */
  #body(layout: AnyLayout | null | undefined, xid: number | null, unknown: string): void {
    if (this.#walker.fault || layout === null) return
    if (layout) this.#top('body', layout)
    else this.#push(this.#walker.rest('body', unknown, this.#hides(xid)))
  }

  /** Adds the bytes that are left: undecoded ones behind a fault, else bytes that the frame should not have. */
  #rest(xid: number | null): void {
    const hide = this.#hides(xid)
    if (this.#walker.fault) this.#push(this.#walker.rest('undecoded', '', hide))
    else this.#push(this.#walker.rest('trailing', 'ignored by Apache clients and servers', hide))
  }

  /**
   * Tells whether bytes that no layout names may hold a credential. A handshake that is read as an ordinary frame has
   * xid 0, which no request has.
   */
  #hides(xid: number | null): boolean {
    return this.#walker.sensitive || xid === 0
  }

  #push(field: DissectedField | null): DissectedField | null {
    if (field) this.#fields.push(field)
    return field
  }
}

function numberIn(record: DissectedField | null, name: string): number | null {
  const value = record?.children.find(field => field.name === name)?.value
  return typeof value === 'number' ? value : null
}
