import type { Fact } from '../../src/protocol.ts'
import { visible } from '../paths.ts'

/** The facts of a recipe, in a line. */
export function FactsLine({ facts }: { facts: readonly Fact[] }) {
  return (
    <ul class="facts-line">
      {facts.map(({ name, value, tone }) => (
        <li key={name + value} class={tone}>
          <span class="quiet">{name}</span> <bdi>{visible(value)}</bdi>
        </li>
      ))}
    </ul>
  )
}
