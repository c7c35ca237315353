// Between the two: the frames that one read makes room for are written one by one, but the socket is corked meanwhile, so that
// they leave in one system call.

import { bareRounds } from './bare/rounds.ts'
import { corked } from './bare/senders.ts'
import { serve } from './support/serve.ts'

await serve(process.version, bareRounds(corked))
