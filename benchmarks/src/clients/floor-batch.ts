// Below the floor: one write for each read, of frames that lie one behind the other already. A request costs no work at
// all. It shows the cost of the bytes alone.

import { bareRounds } from './bare/rounds.ts'
import { perRead } from './bare/senders.ts'
import { serve } from './support/serve.ts'

await serve(process.version, bareRounds(perRead))
