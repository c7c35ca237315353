/**
 * A signal that follows several, as AbortSignal.any does, and lets go of them: signals that live long would else keep
 * every one that was ever made of them (nodejs/node#54614).
 */
export class AnySignal implements Disposable {
  readonly #controller = new AbortController()
  readonly #sources: readonly AbortSignal[]

  constructor(sources: readonly (AbortSignal | undefined)[]) {
    this.#sources = sources.filter(source => source !== undefined)
    for (const source of this.#sources) {
      if (source.aborted) this.#controller.abort(source.reason)
      else source.addEventListener('abort', this.#onAbort)
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  [Symbol.dispose](): void {
    for (const source of this.#sources) source.removeEventListener('abort', this.#onAbort)
  }

  readonly #onAbort = (event: Event): void => {
    this[Symbol.dispose]()
    this.#controller.abort((event.target as AbortSignal).reason)
  }
}
