import { useEffect, useState } from 'preact/hooks'
import type { RecipeKind, RecipeView, ZnodeView } from '../../src/protocol.ts'
import { formatCount } from '../parts/format.ts'
import { SessionMark, ZnodeLink } from '../parts/links.tsx'
import { PathBar } from '../parts/path-bar.tsx'
import { lineage, nameOf, visible } from '../paths.ts'
import { isWritable, place } from '../state.ts'
import { DataPanel } from './data-panel.tsx'
import { FactsPanel } from './facts-panel.tsx'
import { failure, history, isBehind, recipe, refresh, show, znode } from './follow.ts'
import { HistoryPanel } from './history-panel.tsx'
import { RecipePanel } from './recipe-panel.tsx'
import {
  AclDialog,
  CreateDialog,
  DeleteDialog,
  EditDialog,
  ImportDialog,
  QuotaDialog,
  type WriteKind,
} from './write-dialogs.tsx'

type Tab = 'data' | 'facts' | 'recipe' | 'history'

/** All about the znode of the address. */
export function Detail() {
  const { path } = place.value
  const [tab, setTab] = useState<Tab | null>(null)
  useEffect(() => {
    setTab(null)
    void show(path)
  }, [path])
  useEffect(() => {
    document.title = `${path} - zookit console`
  }, [path])
  const view = znode.value
  return (
    <section class="detail" tabIndex={0} aria-label="Znode">
      <PathBar path={path} />
      <nav class="crumbs" aria-label="Path">
        {lineage(path).map(each => (
          <ZnodeLink key={each} path={each} text={nameOf(each)} />
        ))}
      </nav>
      {failure.value !== null && (
        <p class="bad" role="alert">
          {visible(failure.value.message)}
          {failure.value.advice !== null && ` ${failure.value.advice}`}
        </p>
      )}
      {view !== null && (
        <Znode view={view} tab={tab} onTab={setTab} isGone={failure.value?.code === 'NO_NODE'} />
      )}
    </section>
  )
}

interface ZnodeProps {
  readonly view: ZnodeView
  /** Null: the one that has most to tell. */
  readonly tab: Tab | null
  readonly onTab: (tab: Tab) => void
  readonly isGone: boolean
}

function Znode({ view, tab, onTab, isGone }: ZnodeProps) {
  const [writing, setWriting] = useState<WriteKind | null>(null)
  const found = recipe.value
  const tabs: [Tab, string][] = [
    ['data', 'Data'],
    ['facts', 'Stat, ACL, quota'],
    ...(found === null ? [] : [['recipe', titleOf(found)] as [Tab, string]]),
    ['history', `History (${history.value.length})`],
  ]
  const best =
    found !== null && (view.stat.dataLength === 0 || !IS_DATA.includes(found.kind)) ? 'recipe' : 'data'
  const shown = tab !== null && tabs.some(([each]) => each === tab) ? tab : best
  return (
    <>
      <h2 class={isGone ? 'gone' : ''}>
        <bdi>{visible(nameOf(view.path))}</bdi> <Summary view={view} />
      </h2>
      <div class="actions">
        {isBehind.value && (
          <button type="button" class="primary" onClick={() => void refresh()}>
            Show the newest version
          </button>
        )}
        <a class="button" href={`api/export?path=${encodeURIComponent(view.path)}`} download>
          Export
        </a>
        {isWritable.value && !isGone && <WriteButtons onWrite={setWriting} view={view} />}
      </div>
      <div
        class="tabs"
        role="tablist"
        aria-label="About this znode"
        onKeyDown={event =>
          arrows(
            event,
            tabs.map(([each]) => each),
            shown,
            onTab,
          )
        }
      >
        {tabs.map(([each, title]) => (
          <button
            key={each}
            type="button"
            role="tab"
            id={`tab-${each}`}
            aria-controls="panel"
            aria-selected={each === shown}
            tabIndex={each === shown ? 0 : -1}
            onClick={() => onTab(each)}
          >
            {title}
          </button>
        ))}
      </div>
      <div class="panel" id="panel" role="tabpanel" aria-labelledby={`tab-${shown}`} tabIndex={0}>
        {shown === 'data' && <DataPanel data={view.data} path={view.path} />}
        {shown === 'facts' && <FactsPanel znode={view} />}
        {shown === 'recipe' && <RecipePanel recipe={found!} />}
        {shown === 'history' && <HistoryPanel />}
      </div>
      <Writing kind={writing} view={view} onClose={() => setWriting(null)} />
    </>
  )
}

/** Recipes that are what their data says; of all others, those who take part matter more. */
const IS_DATA: readonly RecipeKind[] = ['config', 'barrier']

/** Names a recipe, and says how much is wrong with a configuration: its data is shown first. */
function titleOf({ kind, facts }: RecipeView): string {
  const faults = facts.filter(({ tone }) => tone === 'bad').length
  if (kind !== 'config' || faults === 0) return `Recipe: ${kind}`
  return `Recipe: ${kind}, ${formatCount(faults, 'fault')}`
}

/** Moves between tabs by the arrow keys, as readers of a screen expect. */
function arrows(event: KeyboardEvent, tabs: readonly Tab[], shown: Tab, onTab: (tab: Tab) => void): void {
  const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
  if (step === 0) return
  const next = tabs[(tabs.indexOf(shown) + step + tabs.length) % tabs.length]!
  onTab(next)
  document.getElementById(`tab-${next}`)?.focus()
}

function Summary({ view: { stat, mode, path } }: { view: ZnodeView }) {
  return (
    <span class="marks">
      {stat.owner !== null && <SessionMark session={stat.owner} text="ephemeral" />}
      {/\d{10}$/.test(path) && <span class="mark">sequential</span>}
      {mode !== null && <span class="mark">{mode}</span>}
      <span class="quiet">
        version {stat.version}, {formatCount(stat.numChildren, 'child', 'children')}
      </span>
    </span>
  )
}

const BUTTONS: readonly (readonly [WriteKind, string])[] = [
  ['edit', 'Edit'],
  ['create', 'Create child'],
  ['acl', 'ACL'],
  ['quota', 'Quota'],
  ['import', 'Import'],
  ['delete', 'Delete'],
]

function WriteButtons({ onWrite, view }: { onWrite: (kind: WriteKind) => void; view: ZnodeView }) {
  const isPossible = (kind: WriteKind): boolean =>
    !(kind === 'delete' && view.path === '/') && !(kind === 'quota' && view.quotaError !== null)
  return BUTTONS.filter(([kind]) => isPossible(kind)).map(([kind, title]) => (
    <button key={kind} type="button" class={kind === 'delete' ? 'danger' : ''} onClick={() => onWrite(kind)}>
      {title}…
    </button>
  ))
}

function Writing({ kind, view, onClose }: { kind: WriteKind | null; view: ZnodeView; onClose: () => void }) {
  // The dialog keeps the znode as it was when it opened: its version is the condition of the write.
  const [opened, setOpened] = useState<{ kind: WriteKind; view: ZnodeView } | null>(null)
  useEffect(() => setOpened(kind === null ? null : { kind, view }), [kind])
  if (opened === null) return null
  const props = { znode: opened.view, onClose }
  if (opened.kind === 'edit') return <EditDialog {...props} />
  if (opened.kind === 'create') return <CreateDialog {...props} />
  if (opened.kind === 'delete') return <DeleteDialog {...props} />
  if (opened.kind === 'acl') return <AclDialog {...props} />
  if (opened.kind === 'quota') return <QuotaDialog {...props} />
  return <ImportDialog {...props} />
}
