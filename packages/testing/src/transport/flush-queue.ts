/** An outbox with bytes that wait to be sent. */
export interface Flushable {
  flush(): void
}

/**
 * The outboxes that have bytes to send. They are flushed at the end of one chunk of input, or of one call by a test:
 * each connection gets one write, however many replies and events it has.
 */
export class FlushQueue {
  #waiting: Flushable[] = []

  /** Adds an outbox to the next flush. */
  add(sender: Flushable): void {
    this.#waiting.push(sender)
  }

  /** Flushes every waiting outbox. */
  flush(): void {
    while (this.#waiting.length > 0) {
      const senders = this.#waiting
      this.#waiting = []
      for (const sender of senders) sender.flush()
    }
  }
}
