// @zookit/client with a subscriber to its diagnostics channel of requests, which counts them.

import { requestChannel } from '@zookit/client'
import { roundsOf, serve } from './support/serve.ts'
import { versionOf } from './support/version.ts'
import { zookit } from './support/zookit.ts'

let requests = 0
const count = (): void => void requests++
const ignore = (): void => {}
requestChannel.subscribe({ start: count, end: ignore, asyncStart: ignore, asyncEnd: ignore, error: ignore })
await serve(versionOf('@zookit/client'), roundsOf(zookit))
