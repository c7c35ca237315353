import { connect } from 'node:net'
import { Session } from '@zookit/connection'
import { op } from '@zookit/jute'
import { TestServer } from '@zookit/testing'
import type { Random } from '../../../../jute/test/fuzz/mutate.ts'
import { type Episode, Finding, newEpisode } from '../finding.ts'
import { framed, mutate, REQUESTS, withXid } from '../frames.ts'
import { AskedFrames } from './asked.ts'
import { NEW_SESSION } from './attack.ts'
import { ReplyJudge } from './replies.ts'

const SECRET = Buffer.from('nobody attacks me')
const OWN = '/bystander'

/** Opens a session of a client that attacks nobody, with a znode of its own. */
async function bystander(server: TestServer): Promise<Session> {
  const session = new Session({ servers: [{ host: server.host, port: server.port }] })
  await session.ready()
  await session.addAuth('digest', Buffer.from('bystander:pw'))
  const acl = [{ perms: 31, id: { scheme: 'auth', id: '' } }]
  await session.request(op.create, { path: OWN, data: SECRET, acl, flags: 1 })
  return session
}

/** Sends one attacker's bytes, cut anywhere, and reads to the end. */
async function attack(server: TestServer, random: Random, episode: Episode): Promise<void> {
  const [asked, judge] = [new AskedFrames(), new ReplyJudge()]
  const stream: Buffer[] = [NEW_SESSION]
  for (let i = random.below(12); i >= 0; i--) {
    const mutated = random.below(4) !== 0
    const recorded = random.pick(REQUESTS)
    const bytes = mutated ? mutate(recorded, random, REQUESTS) : recorded.bytes
    stream.push(framed(withXid(bytes, i + 1), random))
    episode.frames++
    if (mutated) episode.mutated++
  }
  const whole = Buffer.concat(stream)
  for (const frame of asked.take(whole).slice(1)) judge.ask(frame)
  const socket = connect(server.port, server.host)
  let finding: unknown = null
  const closed = new Promise<void>(resolve => void socket.once('close', () => resolve()))
  socket.on('error', () => {})
  socket.on('data', bytes => {
    try {
      judge.take(bytes)
    } catch (error) {
      finding ??= error
    }
  })
  for (let at = 0; at < whole.length; ) {
    const end = at + 1 + random.below(whole.length)
    socket.write(whole.subarray(at, end))
    at = end
  }
  socket.end()
  // A server may reset the connection of whoever sends such bytes: only the end counts.
  await closed
  episode.connections++
  if (finding !== null) throw finding
}

/** Sends the frames of hostile clients to a server over TCP, beside a client that must not notice. */
export async function attackServerOverSockets(random: Random, frames: number): Promise<Episode> {
  const episode = newEpisode()
  await using server = await TestServer.start()
  const session = await bystander(server)
  let changes = 0
  session.on('state', () => void changes++)
  try {
    while (episode.frames < frames) {
      await Promise.all([attack(server, random, episode), attack(server, random, episode)])
      const result = await session.request(op.getData, { path: OWN, watch: false })
      if (changes > 0) throw new Finding('a bystander has lost its connection')
      if (!result.data?.equals(SECRET)) throw new Finding("a bystander's znode has other data")
      episode.results++
    }
  } finally {
    await session.close()
  }
  return episode
}
