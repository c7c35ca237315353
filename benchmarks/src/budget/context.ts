import { Child } from '../child.ts'
import { clients } from '../clients.ts'
import { cellsOf, type LoadNumbers } from '../loads.ts'
import { type ClientResult, measure } from '../measure.ts'
import type { Effort } from '../pace.ts'
import { nodeProcess } from '../paths.ts'
import { type Measure, ratioOf, type Spread } from '../statistics.ts'
import type { Target } from '../targets.ts'

/** The pace of all measurements. */
export interface Budget {
  effort: Effort
}

/** The results of one cell by the client's name. */
export class Measured {
  readonly #clients: readonly ClientResult[]

  constructor(clients: readonly ClientResult[]) {
    this.#clients = clients
  }

  has(name: string): boolean {
    return this.#clients.some(({ client }) => client === name)
  }

  rounds(name: string): ClientResult['rounds'] {
    return this.#clients.find(({ client }) => client === name)?.rounds ?? []
  }

  /** Compares one client with another, round by round. */
  ratio(name: string, other: string, of: Measure): Spread {
    return ratioOf(this.rounds(name), this.rounds(other), of)
  }
}

/** Measures the first cell of a load with some clients in turns. @throws Error if a client of `names` is missing. */
export async function cell(
  { effort }: Budget,
  target: Target,
  { load, ...numbers }: LoadNumbers & { load: string },
  names: readonly string[],
  optional: readonly string[] = [],
): Promise<Measured> {
  const entries = clients.filter(({ name }) => names.includes(name) || optional.includes(name))
  const found = await measure(cellsOf(load, numbers)[0]!, entries, target, effort, () => {})
  const missing = found.skipped.find(({ client }) => names.includes(client))
  if (missing) throw new Error(`${load}: ${missing.client}: ${missing.reason}`)
  return new Measured(found.clients)
}

/** Runs a program of the folder `programs` in a process of its own. @returns its answer. */
export async function program<Answer extends object>(
  name: string,
  order: object = {},
  flags: readonly string[] = [],
): Promise<Answer> {
  const child = new Child(name, nodeProcess(`budget/programs/${name}.js`, ['--expose-gc', ...flags]))
  try {
    return await child.ask<Answer & { error?: string }>(order, 300)
  } finally {
    await child.end()
  }
}

/** Runs a program several times. @returns its answers. */
export async function programs<Answer extends object>(
  times: number,
  name: string,
  order: object = {},
  flags: readonly string[] = [],
): Promise<Answer[]> {
  const answers: Answer[] = []
  for (let i = 0; i < times; i++) answers.push(await program<Answer>(name, order, flags))
  return answers
}
