import type { SessionsView as SessionsAnswer, SessionView } from '../../src/protocol.ts'
import { ZnodeLink } from '../parts/links.tsx'
import { Table } from '../parts/table.tsx'
import { View } from '../parts/view.tsx'
import { place } from '../state.ts'
import { useRead } from './use-read.ts'

/** The paths of one session that are listed. */
const MOST_PATHS = 50

/** The sessions, as the servers tell of them. */
export function SessionsView() {
  const { value, refusal, again } = useRead<SessionsAnswer>('sessions', {}, 5000)
  const chosen = place.value.path.slice(1)
  const found = value?.sessions.find(({ session }) => session === chosen)
  return (
    <View
      name="Sessions"
      refusal={refusal}
      button={
        <button type="button" onClick={again}>
          Read again
        </button>
      }
    >
      {value?.faults.map(fault => (
        <p key={fault} class="quiet">
          {fault}
        </p>
      ))}
      {chosen !== '' &&
        value !== null &&
        (found === undefined ? <p>No server knows the session {chosen}.</p> : <One session={found} />)}
      {value !== null && <Sessions sessions={value.sessions} chosen={chosen} />}
    </View>
  )
}

function One({ session }: { session: SessionView }) {
  return (
    <article class="card">
      <h3>
        <span class="id">{session.session}</span>
        {session.own && ' (this console)'}
      </h3>
      <Paths title="Ephemerals" paths={session.ephemerals} />
      {session.watches === null ? (
        <p class="quiet">No server tells its watches.</p>
      ) : (
        <Paths title="Watches" paths={session.watches} />
      )}
    </article>
  )
}

function Paths({ title, paths }: { title: string; paths: readonly string[] }) {
  return (
    <>
      <h4>
        {title} <span class="quiet">{paths.length.toLocaleString('en')}</span>
      </h4>
      <ul>
        {paths.slice(0, MOST_PATHS).map(path => (
          <li key={path}>
            <ZnodeLink path={path} />
          </li>
        ))}
      </ul>
      {paths.length > MOST_PATHS && (
        <p class="quiet">and {(paths.length - MOST_PATHS).toLocaleString('en')} more</p>
      )}
    </>
  )
}

function Sessions({ sessions, chosen }: { sessions: readonly SessionView[]; chosen: string }) {
  return (
    <Table
      heads={[
        'session',
        'client',
        'server',
        'timeout',
        'received',
        'last operation',
        'ephemerals',
        'watches',
      ]}
    >
      {sessions.map(each => (
        <tr key={each.session} class={each.session === chosen ? 'chosen' : ''}>
          <td>
            <a class="id" href={`#/sessions/${each.session}`}>
              {each.session}
            </a>
            {each.own && <span class="quiet"> this console</span>}
          </td>
          <td>{each.client ?? 'not connected'}</td>
          <td>{each.server ?? '-'}</td>
          <td>{each.timeout === null ? '-' : `${each.timeout} ms`}</td>
          <td class="number">{each.received?.toLocaleString('en') ?? '-'}</td>
          <td>{each.lastOperation ?? '-'}</td>
          <td class="number">{each.ephemerals.length}</td>
          <td class="number">{each.watches?.length ?? '-'}</td>
        </tr>
      ))}
    </Table>
  )
}
