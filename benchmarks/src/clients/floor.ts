// The floor: a bare socket that writes frames built in advance and counts the replies. Each frame has a `write` of its own,
// the usual way to use a bare socket, and each `write` is a system call.

import { bareRounds } from './bare/rounds.ts'
import { perFrame } from './bare/senders.ts'
import { serve } from './support/serve.ts'

await serve(process.version, bareRounds(perFrame))
