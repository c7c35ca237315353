// npm node-zookeeper-client.

import zookeeper from 'node-zookeeper-client'
import { withCallbacks } from './support/callbacks.ts'
import { roundsOf, serve } from './support/serve.ts'
import { versionOf } from './support/version.ts'

await serve(versionOf('node-zookeeper-client'), roundsOf(withCallbacks(zookeeper.createClient)))
