// Below the floor: one write for each read, of frames that stand one behind the other already. Nothing is done for a request
// at all; it shows how little a socket can cost when nobody asks it for one thing at a time.

import { bareRounds } from './bare/rounds.ts'
import { perRead } from './bare/senders.ts'
import { serve } from './support/serve.ts'

await serve(process.version, bareRounds(perRead))
