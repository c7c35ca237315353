// Stands in for Apache's server program: `server.mjs [-Dname=value ...] [anything] CONFIG`. It runs as long as its
// server does, which lives in the process that listens at ZOOKIT_SERVERS; the release is ZOOKIT_RELEASE.
// ZOOKIT_PATHS names the files of a container by where the configuration has them, ZOOKIT_PORT another port.
import { connect } from 'node:net'
import { createInterface } from 'node:readline'

const words = process.argv.slice(2)
const flags = [...words, ...(process.env.SERVER_JVMFLAGS ?? '').split(' ')].filter(word =>
  word.startsWith('-D'),
)
const paths = JSON.parse(process.env.ZOOKIT_PATHS ?? '{}')
const { ZOOKIT_RELEASE: version, ZOOKIT_PORT } = process.env
const port = ZOOKIT_PORT === undefined ? undefined : Number(ZOOKIT_PORT)
const request = { config: words.at(-1), flags, version, paths, port }

const socket = connect(process.env.ZOOKIT_SERVERS)
socket.write(`${JSON.stringify(request)}\n`)
socket.on('error', () => {})
socket.on('close', () => process.exit(process.exitCode ?? 0))
createInterface({ input: socket }).on('line', line => {
  const { port, said, error } = JSON.parse(line)
  if (error === undefined) return console.log(said ?? `listening on ${port}`)
  console.error(error)
  process.exitCode = 1
})
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => socket.end())
