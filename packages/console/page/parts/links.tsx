import { visible, znodeHref } from '../paths.ts'

/** A link to a znode, which shows its path, or a shorter text. */
export function ZnodeLink({ path, text = path }: { path: string; text?: string }) {
  return (
    <a href={znodeHref(path)} title={visible(path)}>
      <bdi>{visible(text)}</bdi>
    </a>
  )
}

/** A link to a session. */
export function SessionLink({ session }: { session: string }) {
  return (
    <a class="id" href={`#/sessions/${session}`}>
      {session}
    </a>
  )
}

interface SessionMarkProps {
  readonly session: string
  readonly text: string
  /** False inside a widget that is one stop of the Tab key itself. */
  readonly isTabStop?: boolean
}

/** The mark of an ephemeral znode, a link to its owner. What is around it does not take the click, too. */
export function SessionMark({ session, text, isTabStop = true }: SessionMarkProps) {
  const keep = (event: Event): void => event.stopPropagation()
  return (
    <a
      class="mark ephemeral"
      href={`#/sessions/${session}`}
      title={`ephemeral, of the session ${session}`}
      {...(!isTabStop && { tabIndex: -1 })}
      onClick={keep}
      onDblClick={keep}
    >
      {text}
    </a>
  )
}
