import { whenAborted } from '@zookit/connection'

/**
 * A signal that is aborted when one of several source signals is, as AbortSignal.any does. Disposing of it removes
 * its listeners: AbortSignal.any keeps every derived signal alive as long as a long-lived source (nodejs/node#54614).
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
