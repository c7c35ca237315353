/** Something with bytes that wait to be sent. */
export interface Sender {
  flush(): void
}

/**
 * Who has bytes to send. Everything that one chunk of input, or one call of a test, leads to is sent at its end:
 * one write for each connection, however many replies and events.
 */
export class Outgoing {
  #waiting: Sender[] = []

  add(sender: Sender): void {
    this.#waiting.push(sender)
  }

  flush(): void {
    while (this.#waiting.length > 0) {
      const senders = this.#waiting
      this.#waiting = []
      for (const sender of senders) sender.flush()
    }
  }
}
