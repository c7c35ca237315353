// @zookit/client, compiled.

import { roundsOf, serve } from './support/serve.ts'
import { versionOf } from './support/version.ts'
import { zookit } from './support/zookit.ts'

await serve(versionOf('@zookit/client'), roundsOf(zookit))
