// Between `floor` and `floor-batch`: the frames for which one read makes room are written one by one to a corked socket, so
// that they leave in one system call.

import { bareRounds } from './bare/rounds.ts'
import { corked } from './bare/senders.ts'
import { serve } from './support/serve.ts'

await serve(process.version, bareRounds(corked))
