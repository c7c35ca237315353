import type { ComponentChildren } from 'preact'

interface TableProps {
  readonly heads: readonly string[]
  readonly kind?: string
  /** The rows. */
  readonly children: ComponentChildren
}

/** A table that scrolls sideways in its own box, by the keyboard too. */
export function Table({ heads, kind, children }: TableProps) {
  return (
    <div class="scroll" tabIndex={0}>
      <table class={kind}>
        <thead>
          <tr>
            {heads.map(head => (
              <th key={head}>{head}</th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  )
}
