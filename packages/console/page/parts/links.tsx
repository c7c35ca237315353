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
