import { nodeEnvironment } from '../environment.ts'
import { debugTopics, LOG_TOPICS, unknownTopics } from './debug-topics.ts'
import { listen } from './log.ts'

let isStarted = false

/** Writes what ZOOKIT_DEBUG asks for to standard error, from the first session on. */
export function startDebugLog(): void {
  if (isStarted) return
  isStarted = true
  if (debugTopics.size === 0) return
  // Whoever read the log may have gone (`2>&1 | head`), which must not end the program.
  process.stderr.on('error', () => {})
  tellUnknown()
  const topics = LOG_TOPICS.filter(topic => debugTopics.has(topic))
  if (topics.length === 0) return
  listen(topics, null, ({ text }) => {
    process.stderr.write(`${new Date(nodeEnvironment.wallTime()).toISOString()} zookit ${text}\n`)
  })
}

/** Names the topics that there are, where another one is asked for: no line would come, and nothing would tell why. */
function tellUnknown(): void {
  const unknown = unknownTopics()
  if (unknown.length === 0) return
  process.stderr.write(
    `zookit: ZOOKIT_DEBUG has no topic '${unknown.join("', '")}'; there are ${LOG_TOPICS.join(', ')}, stacks and *\n`,
  )
}
