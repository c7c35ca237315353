import { controlFor, type Request, type SendOptions } from './request.ts'
import type { RequestQueue } from './request-queue.ts'
import type { Resolve } from './settling.ts'

// The functions that enqueue a request behind the messages of its channel are made here, and not where requests are sent: a
// closure there would keep the arguments of every request in a context of their own, also where nobody subscribes
// (`pnpm bench:beside`).

/** Enqueues the request of a slot. */
export type Enqueue<Sent> = (queue: RequestQueue, slot: Request) => Sent

/** Returns the function that enqueues a request with a promise. */
export function enqueued(body: unknown, options: SendOptions | undefined): Enqueue<Promise<unknown>> {
  return (queue, slot) => {
    slot.control = controlFor(options)
    return queue.enqueue(slot, body)
  }
}

/** Returns the function that enqueues a request whose result goes to a receiver. */
export function enqueuedFor(resolve: Resolve, body: unknown): Enqueue<void> {
  return (queue, slot) => queue.enqueueFor(resolve, slot, body)
}
