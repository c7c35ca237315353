import type { ConformanceCase } from '../case.ts'
import { acls } from './acl.ts'
import { catchUps } from './catch-ups.ts'
import { creates } from './create.ts'
import { framing } from './framing.ts'
import { handshake } from './handshake.ts'
import { multis } from './multi.ts'
import { nodes } from './nodes.ts'
import { paths } from './paths.ts'
import { persistentWatches } from './persistent-watches.ts'
import { sessions } from './sessions.ts'
import { stats } from './stats.ts'
import { ensemble, fourLetterWords, ordering, readOnly } from './surroundings.ts'
import { watches } from './watches.ts'

/** The whole suite, in the order in which it runs. */
export const cases: readonly ConformanceCase[] = [
  ...framing,
  ...handshake,
  ...sessions,
  ...creates,
  ...nodes,
  ...stats,
  ...paths,
  ...acls,
  ...multis,
  ...watches,
  ...persistentWatches,
  ...catchUps,
  ...ordering,
  ...ensemble,
  ...readOnly,
  ...fourLetterWords,
]
