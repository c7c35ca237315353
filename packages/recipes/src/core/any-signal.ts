import { whenAborted } from '@zookit/client'

/**
 * A signal that follows several, as AbortSignal.any does, and lets go of them: signals that live long would else keep
 * every one that was ever made of them (nodejs/node#54614).
 */
export class AnySignal implements Disposable {
  readonly #controller = new AbortController()
  readonly #ignore: (() => void)[] = []

  constructor(sources: readonly (AbortSignal | undefined)[]) {
    for (const source of sources) {
      if (source?.aborted) {
        this.#follow(source)
        return
      }
      if (source) this.#ignore.push(whenAborted(source, () => this.#follow(source)))
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  [Symbol.dispose](): void {
    for (const ignore of this.#ignore.splice(0)) ignore()
  }

  #follow(source: AbortSignal): void {
    this[Symbol.dispose]()
    this.#controller.abort(source.reason)
  }
}
