import { eachLine, say } from '../../stub/lines.ts'
import type { Cell, RequestLoad, RoundOrder, SessionLoad } from './cell.ts'
import type { Client, Issue } from './client.ts'
import { closedLoop } from './closed-loop.ts'
import { openLoop } from './open-loop.ts'
import type { Prepare, Round } from './round.ts'
import { sessionLoads } from './sessions.ts'

/** Makes this process a client. The first line says what to measure; each later line requests one round. */
export async function serve(version: string, prepare: Prepare): Promise<never> {
  let round: Round | string = 'no load was prepared'
  return await eachLine<Cell | RoundOrder>(async line => {
    if ('load' in line) {
      round = await prepare(line)
      say(typeof round === 'string' ? { skip: round } : { ready: true, version })
    } else if (typeof round !== 'string') {
      say(await round(line.seconds))
    }
  })
}

/** Makes the rounds of a client library. */
export function roundsOf(client: Client): Prepare {
  return async cell => {
    const no = `does not do ${cell.load}`
    if (isSessionLoad(cell.load)) {
      return client.sessions.includes(cell.load) ? sessionLoads[cell.load](client, cell) : no
    }
    const connection = await client.connect(cell)
    const issue = connection.requests(cell)[cell.load]
    if (!issue) return no
    await once(issue)
    if (cell.rate > 0) return seconds => openLoop(issue, cell.rate, seconds)
    return seconds => closedLoop(issue, cell.inFlight, seconds)
  }
}

function isSessionLoad(load: RequestLoad | SessionLoad): load is SessionLoad {
  return load in sessionLoads
}

/** Issues one request before all others, so that an error shows here and not in the middle of a round. */
function once(issue: Issue): Promise<void> {
  return new Promise(resolve => issue(resolve))
}
