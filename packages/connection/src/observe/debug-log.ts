import { nodeEnvironment } from '../environment.ts'
import { debugTopics, LOG_TOPICS } from './debug-topics.ts'
import { listen } from './log.ts'

let isStarted = false

/** Writes what ZOOKIT_DEBUG asks for to standard error, from the first session on. */
export function startDebugLog(): void {
  if (isStarted) return
  isStarted = true
  const topics = LOG_TOPICS.filter(topic => debugTopics.has(topic))
  if (topics.length === 0) return
  listen(topics, null, ({ text }) => {
    process.stderr.write(`${new Date(nodeEnvironment.wallTime()).toISOString()} zookit ${text}\n`)
  })
}
