import type { Fact } from '../../src/protocol.ts'
import { visible } from '../paths.ts'
import { Age } from './age.tsx'

/** The facts of a recipe, in a line. */
export function FactsLine({ facts }: { facts: readonly Fact[] }) {
  return (
    <ul class="facts-line">
      {facts.map(({ name, value, since, tone }) => (
        <li key={name + value} class={tone}>
          <span class="quiet">{name}</span>{' '}
          <bdi>{since === undefined ? visible(value) : <Age since={since} />}</bdi>
        </li>
      ))}
    </ul>
  )
}
