// Stands in for Apache's server program: `server.mjs [-Dname=value ...] [anything] CONFIG`. It runs as long as its
// server does, which lives in the process that listens at ZOOKIT_SERVERS; the release is ZOOKIT_RELEASE.
import { connect } from 'node:net'
import { createInterface } from 'node:readline'

const words = process.argv.slice(2)
const flags = [...words, ...(process.env.SERVER_JVMFLAGS ?? '').split(' ')].filter(word =>
  word.startsWith('-D'),
)
const paths = JSON.parse(process.env.ZOOKIT_PATHS ?? '{}')
const request = { config: words.at(-1), flags, version: process.env.ZOOKIT_RELEASE, paths }

const socket = connect(process.env.ZOOKIT_SERVERS)
socket.write(`${JSON.stringify(request)}\n`)
socket.on('error', () => {})
socket.on('close', () => process.exit(process.exitCode ?? 0))
createInterface({ input: socket }).on('line', line => {
  const { port, error } = JSON.parse(line)
  if (error === undefined) return console.log(`listening on ${port}`)
  console.error(error)
  process.exitCode = 1
})
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0))
