import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import type { Refusal } from '../api.ts'

interface ViewProps {
  readonly name: string
  /** All that the heading says behind the name. */
  readonly more?: ComponentChildren
  /** The button beside the heading. */
  readonly button?: ComponentChildren
  /** The reason for which the view may be out of date. */
  readonly refusal?: Refusal | null
  readonly children: ComponentChildren
}

/** A view of the page: its heading, its title in the browser, and what the console has refused. */
export function View({ name, more, button, refusal = null, children }: ViewProps) {
  useEffect(() => {
    document.title = `${name} - zookit console`
  }, [name])
  return (
    <section class="view" tabIndex={0} aria-label={name}>
      <div class="view-head">
        <h2>
          {name} {more}
        </h2>
        {button}
      </div>
      {refusal !== null && (
        <p class="bad" role="alert">
          {refusal.message}
        </p>
      )}
      {children}
    </section>
  )
}
