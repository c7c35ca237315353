import type { AclList } from '../auth/acl.ts'
import type { Change } from '../database/changes.ts'
import { parentPath } from '../database/paths.ts'
import type { Tree } from '../database/tree.ts'

/** The properties of a znode that the checks of a request depend on. */
export interface NodeView {
  readonly version: number
  readonly aversion: number
  readonly creates: number
  readonly childCount: number
  readonly dataLength: number
  readonly acl: AclList
  readonly kind: number
}

type Draft = { -readonly [Key in keyof NodeView]: NodeView[Key] }

/**
 * The tree as a request sees it. Inside a multi it shows the changes of the operations before, which are not applied
 * yet, and are not applied at all if a later one fails.
 */
export class TreeView {
  readonly tree: Tree
  #drafts: Map<string, Draft | null> | null = null

  constructor(tree: Tree) {
    this.tree = tree
  }

  /** Returns the znode at a path; undefined where there is none. */
  find(path: string): NodeView | undefined {
    const draft = this.#drafts?.get(path)
    if (draft !== undefined) return draft ?? undefined
    return this.tree.find(path)
  }

  /** Begins a multi: `note` shows its changes from now on. */
  beginMulti(): void {
    this.#drafts = new Map()
  }

  /** Ends the multi and drops its changes. */
  endMulti(): void {
    this.#drafts = null
  }

  /** Shows a change to the operations that come after in the same multi. */
  note(change: Change): void {
    switch (change.type) {
      case 'create': {
        const parent = this.#draft(change.parent)
        parent.childCount++
        parent.creates = (parent.creates + 1) | 0
        const { kind, acl, data } = change
        const dataLength = data?.length ?? 0
        this.#drafts?.set(change.path, {
          version: 0,
          aversion: 0,
          creates: 0,
          childCount: 0,
          dataLength,
          acl,
          kind,
        })
        return
      }
      case 'delete':
        this.#draft(parentPath(change.path) ?? '/').childCount--
        this.#drafts?.set(change.path, null)
        return
      case 'setData': {
        const draft = this.#draft(change.path)
        draft.version = change.version
        draft.dataLength = change.data?.length ?? 0
        return
      }
      case 'setAcl':
      case 'check':
        return
    }
  }

  #draft(path: string): Draft {
    const known = this.#drafts?.get(path)
    if (known) return known
    const { version, aversion, creates, childCount, dataLength, acl, kind } = this.tree.find(path)!
    const draft: Draft = { version, aversion, creates, childCount, dataLength, acl, kind }
    this.#drafts?.set(path, draft)
    return draft
  }
}
