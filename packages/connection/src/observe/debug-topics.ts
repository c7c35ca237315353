/** The topics of a log. */
export const LOG_TOPICS = ['session', 'requests', 'watches', 'recipes'] as const

/** A topic of a log: a part of what a client does. */
export type LogTopic = (typeof LOG_TOPICS)[number]

/** Reads the topics of a text such as `session,requests`; `*` is all but `stacks`, which is costly. */
function readTopics(text: string | undefined): ReadonlySet<string> {
  const names = (text ?? '').split(',').map(name => name.trim())
  return new Set(names.flatMap(name => (name === '*' ? LOG_TOPICS : name === '' ? [] : [name])))
}

/** The topics of the environment variable ZOOKIT_DEBUG, read once. */
export const debugTopics: ReadonlySet<string> = readTopics(process.env.ZOOKIT_DEBUG)

/** Returns the topics that are asked for and that there are not. */
export function unknownTopics(): string[] {
  const known: ReadonlySet<string> = new Set([...LOG_TOPICS, 'stacks'])
  return [...debugTopics].filter(name => !known.has(name))
}
