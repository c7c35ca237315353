import {
  context,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace as traceApi,
} from '@opentelemetry/api'
import type { RequestTrace } from '@zookit/client'
import type { HoldTrace, RecipeTrace } from '@zookit/recipes'
import {
  ATTR_PATH,
  ATTR_REASON,
  ATTR_SESSION,
  ATTR_TOKEN,
  ATTR_XID,
  errorAttributes,
  idOf,
  requestAttributes,
  sessionOf,
} from './attributes.ts'
import { channels, hear } from './channels.ts'

/** The place of the span on a message, which is one object from the begin to the end. */
const SPAN = Symbol('zookit span')

type Spanned<Message> = Message & { [SPAN]?: Span }

/** The settings of spans. */
export interface SpanSettings {
  /** Returns the present tracer. */
  tracer(): Tracer
  /** Returns true if a request without a span around it gets none. */
  requiresParent(): boolean
}

function mayBegin({ requiresParent }: SpanSettings): boolean {
  return !requiresParent() || traceApi.getSpan(context.active()) !== undefined
}

/** Ends a span, with the error if there is one. */
function end(span: Span, error: unknown): void {
  if (error !== undefined && span.isRecording()) {
    span.setAttributes(errorAttributes(error))
    span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message })
  }
  span.end()
}

/** Makes a span for each request. Begins run in the caller's asynchronous context, so the caller's span is the parent. */
function requestSpans(settings: SpanSettings): (() => void)[] {
  return [
    hear<Spanned<RequestTrace>>(channels.requestBegun, message => {
      if (!mayBegin(settings)) return
      message[SPAN] = settings
        .tracer()
        .startSpan(message.operation, { kind: SpanKind.CLIENT, attributes: requestAttributes(message) })
    }),
    hear<Spanned<RequestTrace>>(channels.requestEnded, message => {
      const span = message[SPAN]
      if (span === undefined) return
      if (span.isRecording()) {
        span.setAttribute(ATTR_SESSION, sessionOf(message))
        if (message.xid !== 0) span.setAttribute(ATTR_XID, message.xid)
      }
      end(span, message.error)
    }),
  ]
}

/** Makes a span for each wait for a turn, and one for each ownership. */
function recipeSpans(settings: SpanSettings): (() => void)[] {
  const begin = (name: string, path: string, sessionId: bigint): Span =>
    settings.tracer().startSpan(name, {
      kind: SpanKind.INTERNAL,
      attributes: { [ATTR_PATH]: path, [ATTR_SESSION]: idOf(sessionId) },
    })
  return [
    hear<Spanned<RecipeTrace>>(channels.waitBegun, message => {
      if (mayBegin(settings)) message[SPAN] = begin(message.operation, message.path, message.sessionId)
    }),
    hear<Spanned<RecipeTrace>>(channels.waitEnded, message => {
      if (message[SPAN]) end(message[SPAN], message.error)
    }),
    hear<Spanned<HoldTrace>>(channels.hold, message => {
      const span = message[SPAN]
      if (message.reason === null) {
        if (!mayBegin(settings)) return
        message[SPAN] = begin('hold', message.path, message.sessionId)
        message[SPAN].setAttribute(ATTR_TOKEN, String(message.token))
      } else if (span) {
        span.setAttribute(ATTR_REASON, message.reason)
        end(span, undefined)
      }
    }),
  ]
}

/** Makes spans from now on. @returns a function that ends it. */
export function makeSpans(settings: SpanSettings): () => void {
  const stops = [...requestSpans(settings), ...recipeSpans(settings)]
  return () => {
    for (const stop of stops) stop()
  }
}
