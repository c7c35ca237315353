// The floor: a bare socket that writes frames built beforehand and counts the replies. One `write` for each frame, as
// whoever uses a bare socket writes: each is a system call of its own.

import { bareRounds } from './bare/rounds.ts'
import { perFrame } from './bare/senders.ts'
import { serve } from './support/serve.ts'

await serve(process.version, bareRounds(perFrame))
