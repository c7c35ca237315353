/** Returns the next event of an iteration; undefined at its end. */
export async function next<Event>(changes: AsyncIterator<Event, undefined>): Promise<Event | undefined> {
  return (await changes.next()).value
}

/** Takes events until one has this type, and returns that. */
export async function nextOf<Event extends { type: string }, Type extends Event['type']>(
  changes: AsyncIterator<Event, undefined>,
  type: Type,
): Promise<Extract<Event, { type: Type }>> {
  for (;;) {
    const event = await next(changes)
    if (event === undefined) throw new Error(`the changes have ended without ${type}`)
    if (event.type === type) return event as Extract<Event, { type: Type }>
  }
}

/** Collects the types of all events, until the iteration ends. */
export async function typesOf(changes: AsyncIterable<{ type: string }>): Promise<string[]> {
  const types: string[] = []
  for await (const { type } of changes) types.push(type)
  return types
}
