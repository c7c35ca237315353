/** The topics that ZOOKIT_DEBUG may name. */
const TOPICS = ['session', 'requests', 'watches', 'recipes', 'stacks'] as const

/** Reads the topics of a text such as `session,requests`; `*` is all but `stacks`, which is costly. */
function readTopics(text: string | undefined): ReadonlySet<string> {
  const names = (text ?? '').split(',').map(name => name.trim())
  return new Set(names.flatMap(name => (name === '*' ? TOPICS.filter(topic => topic !== 'stacks') : [name])))
}

/** The topics of the environment variable ZOOKIT_DEBUG, read once. */
export const debugTopics: ReadonlySet<string> = readTopics(process.env.ZOOKIT_DEBUG)
