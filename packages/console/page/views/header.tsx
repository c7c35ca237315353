import { connection, hello, live, notice, place, rate, stream, type ViewName } from '../state.ts'

const VIEWS: readonly (readonly [ViewName, string])[] = [
  ['tree', 'Tree'],
  ['recipes', 'Recipes'],
  ['ensemble', 'Ensemble'],
  ['sessions', 'Sessions'],
  ['traffic', 'Traffic'],
  ['log', 'Writes'],
]

/** The head of the page: where one is, and how the console and the session are. */
export function Header() {
  const { view, path } = place.value
  return (
    <header>
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        To the content
      </button>
      <h1>
        <a href="#/tree/">zookit</a> <span class="name">{hello.value?.name}</span>
      </h1>
      <nav aria-label="Views">
        {VIEWS.filter(([name]) => name !== 'log' || hello.value?.write).map(([name, title]) => (
          <a
            key={name}
            href={name === 'tree' ? `#/tree${view === 'tree' ? path : '/'}` : `#/${name}`}
            {...(name === view && { 'aria-current': 'page' })}
          >
            {title}
          </a>
        ))}
      </nav>
      <Status />
      <p class={`notice ${notice.value?.tone ?? ''}`} role="status" aria-live="polite">
        {notice.value?.text}
      </p>
    </header>
  )
}

function Status() {
  const { perSecond, batched } = rate.value
  const state = connection.value?.state ?? 'unknown'
  const isGood = stream.value === 'open' && state === 'connected'
  return (
    <div class="status">
      {hello.value?.demo && <span class="badge">demo</span>}
      {hello.value !== null && (
        <span class={`badge${hello.value.write ? ' warn' : ''}`}>
          {hello.value.write ? 'writes' : 'read-only'}
        </span>
      )}
      <span class="rate" title="changes of the whole tree a second">
        {perSecond.toLocaleString('en')} changes/s{batched && ', shown in batches'}
      </span>
      <span
        class={`badge ${isGood ? 'good' : 'bad'}`}
        role="status"
        title={connection.value?.lastError ?? ''}
      >
        {stream.value === 'open'
          ? `${state}${connection.value?.server ? ` to ${connection.value.server}` : ''}`
          : STREAM[stream.value]}
      </span>
      {stream.value === 'open' && live.value.mode !== 'watch' && (
        <span class="badge warn" title={live.value.note ?? ''}>
          {live.value.mode === 'polling' ? 'polling every 2 s' : 'not watching yet'}
        </span>
      )}
    </div>
  )
}

const STREAM = {
  opening: 'opening',
  open: '',
  lost: 'the console does not answer',
  refused: 'open the new address of the console: its token has changed',
}
