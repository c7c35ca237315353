// The alias: the interface of node-zookeeper-client over @zookit/client.

import { createClient } from '@zookit/node-zookeeper-client'
import type { Client } from 'node-zookeeper-client'
import { withCallbacks } from './support/callbacks.ts'
import { roundsOf, serve } from './support/serve.ts'
import { versionOf } from './support/version.ts'

const create = (...args: Parameters<typeof createClient>): Client =>
  createClient(...args) as unknown as Client
await serve(versionOf('@zookit/node-zookeeper-client'), roundsOf(withCallbacks(create)))
