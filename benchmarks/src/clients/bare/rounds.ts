import type { Cell, RoundResult } from '../support/cell.ts'
import type { Issue } from '../support/client.ts'
import { sampleEvery } from '../support/closed-loop.ts'
import { Meter } from '../support/meter.ts'
import { openLoop } from '../support/open-loop.ts'
import type { Prepare, Round } from '../support/round.ts'
import { BareSocket } from './bare-socket.ts'
import { type Frames, framesOf } from './frames.ts'
import { bareSessions } from './sessions.ts'

/** Sends the next `count` frames of a load; after the last frame it starts again. */
type Send = (count: number) => void

/** Makes the function with which a bare socket sends the frames for which one read made room. */
export type Sender = (bare: BareSocket, frames: Frames) => Send

/** Makes the rounds of a bare socket. */
export function bareRounds(sender: Sender): Prepare {
  return async cell => {
    if (cell.load in bareSessions) return bareSessions[cell.load as keyof typeof bareSessions](cell)
    return await requestRounds(sender, cell)
  }
}

async function requestRounds(sender: Sender, cell: Cell): Promise<Round> {
  const bare = new BareSocket(cell.hosts)
  await bare.shake()
  const frames = framesOf(cell)
  const send = sender(bare, frames)
  if (cell.rate > 0) {
    const issue = oneByOne(bare, send)
    return seconds => openLoop(issue, cell.rate, seconds)
  }
  const window = cell.inFlight * frames.perOperation
  return async seconds => {
    const result = await closedLoop(bare, send, window, seconds)
    return { ...result, ops: result.ops / frames.perOperation }
  }
}

/** Issues single requests; their callbacks are called in the order of the replies. */
function oneByOne(bare: BareSocket, send: Send): Issue {
  const waiting: (() => void)[] = []
  bare.onFrames = count => {
    for (const done of waiting.splice(0, count)) done()
  }
  return done => {
    waiting.push(done)
    send(1)
  }
}

/** Keeps `window` frames in flight: each read sends as many frames as it brought. */
function closedLoop(bare: BareSocket, send: Send, window: number, seconds: number): Promise<RoundResult> {
  return new Promise(resolve => {
    const every = sampleEvery(window)
    const meter = new Meter()
    let running = true
    let sent = 0
    let answered = 0
    // The index of the frame whose latency is measured, and the time at which it was sent.
    let sampled = 0
    let sampledAt = 0
    const refill = (count: number): void => {
      sent += count
      if (answered >= sampled && sent >= sampled + every) {
        sampled = sent
        sampledAt = performance.now()
      }
      send(count)
    }
    bare.onFrames = count => {
      const before = answered
      answered += count
      if (before < sampled && answered >= sampled) meter.sample(performance.now() - sampledAt)
      if (running) refill(count)
      else if (answered === sent) resolve(meter.stop(answered))
    }
    setTimeout(() => (running = false), seconds * 1000)
    meter.start()
    refill(window)
  })
}
