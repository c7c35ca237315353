import { type DissectedFrame, Dissector, formatFrame, type Side } from '@zookit/jute/dissect'

const MOST_FRAMES = 12

/** The last frames of the connections of one case, dissected, from both sides. */
export class Transcript {
  readonly #frames: { readonly name: string; readonly frame: DissectedFrame }[] = []

  /** Watches one more connection. Secrets stay hidden. */
  connection(name: string): (side: Side, bytes: Uint8Array) => void {
    const dissector = new Dissector({ maxFrame: 64 * 1024 * 1024 })
    return (side, bytes) => {
      for (const frame of dissector.push(side, bytes)) this.#frames.push({ name, frame })
      if (this.#frames.length > MOST_FRAMES) this.#frames.splice(0, this.#frames.length - MOST_FRAMES)
    }
  }

  /** The last frames as text, oldest first. */
  format(): string[] {
    return this.#frames.map(({ name, frame }) => `[${name}] ${formatFrame(frame)}`)
  }
}
