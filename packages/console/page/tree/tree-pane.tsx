import type { RefObject } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { SessionMark } from '../parts/links.tsx'
import { visible, znodeHref } from '../paths.ts'
import { place } from '../state.ts'
import { keyTarget } from './keys.ts'
import { marks, painted, wantMarks } from './marks.ts'
import { close, filter, flashes, isOpen, open, type Row, reveal, rows, treeError } from './model.ts'

/** The height of a row, in the pixels of the style sheet. */
const ROW = 26
/** Rows that are drawn above and below what is seen. */
const MORE = 8

/** The tree: only the rows that are seen are in the document. */
export function TreePane() {
  const box = useRef<HTMLDivElement>(null)
  const [top, setTop] = useState(0)
  const height = useHeight(box)
  const selected = place.value.path
  const [active, setActive] = useState(selected)
  /** The row to scroll to once there is room for it. */
  const wanted = useRef<string | null>(null)
  const [, again] = useState({})
  const list = rows.value
  painted.value

  useEffect(() => {
    setActive(selected)
    void reveal(selected).then(() => {
      wanted.current = selected
      again({})
    })
  }, [selected])

  useLayoutEffect(() => {
    if (wanted.current !== null) scrollTo(box.current, wanted.current)
    wanted.current = null
  })

  const first = Math.max(0, Math.floor(top / ROW) - MORE)
  const shown = list.slice(first, first + Math.ceil(height / ROW) + 2 * MORE)
  useEffect(() => wantMarks(shown.map(({ path }) => path)))

  const onKeyDown = (event: KeyboardEvent): void =>
    press(event, { active, setActive, box: box.current, height })
  return (
    <section class="tree-pane" aria-label="Tree">
      <div class="tree-tools">
        <input
          type="search"
          placeholder="Filter by name"
          aria-label="Filter the tree by name"
          value={filter.value}
          onInput={event => (filter.value = event.currentTarget.value)}
        />
        <span class="count" role="status">
          {list.length - 1} rows
        </span>
      </div>
      {treeError.value !== null && (
        <p class="bad" role="alert">
          {treeError.value}
        </p>
      )}
      <div
        class="tree"
        ref={box}
        role="tree"
        aria-label="Znodes"
        tabIndex={0}
        aria-activedescendant={rowId(active)}
        onKeyDown={onKeyDown}
        onScroll={event => setTop(event.currentTarget.scrollTop)}
      >
        <Space rows={list.length}>
          {shown.map((row, i) => (
            <TreeRow
              key={row.path}
              row={row}
              at={first + i}
              count={list.length}
              isActive={row.path === active}
              isSelected={row.path === selected}
            />
          ))}
        </Space>
      </div>
    </section>
  )
}

interface Focus {
  readonly active: string
  readonly setActive: (path: string) => void
  readonly box: HTMLElement | null
  readonly height: number
}

/** Moves by the keys of a tree; Enter shows the znode. */
function press(event: KeyboardEvent, { active, setActive, box, height }: Focus): void {
  const at = Math.max(
    0,
    rows.value.findIndex(({ path }) => path === active),
  )
  if (event.key === 'Enter' || event.key === ' ') location.hash = znodeHref(active)
  else {
    const target = keyTarget(event.key, at, Math.floor(height / ROW) - 1)
    if (target === null || event.ctrlKey || event.metaKey || event.altKey) return
    const row = rows.value[target]
    if (row !== undefined) {
      setActive(row.path)
      scrollTo(box, row.path)
    }
  }
  event.preventDefault()
}

/** Returns the height of an element, which follows the window. */
function useHeight(box: RefObject<HTMLDivElement | null>): number {
  const [height, setHeight] = useState(600)
  useEffect(() => {
    const element = box.current!
    const observer = new ResizeObserver(() => setHeight(element.clientHeight))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return height
}

/** The room that all rows would take. Styles are set by script: the policy of the page allows no style attributes. */
function Space({ rows: count, children }: { rows: number; children: preact.ComponentChildren }) {
  return (
    <div
      role="presentation"
      class="space"
      ref={element => {
        if (element !== null) element.style.height = `${count * ROW}px`
      }}
    >
      {children}
    </div>
  )
}

/** Ids have no blanks: a row is named by its path in hexadecimal. */
function rowId(path: string): string {
  return `row-${encodeURIComponent(path)}`
}

function scrollTo(element: HTMLElement | null, path: string): void {
  const at = rows.value.findIndex(row => row.path === path)
  if (element === null || at < 0) return
  const top = at * ROW
  if (top < element.scrollTop) element.scrollTop = top
  else if (top + ROW > element.scrollTop + element.clientHeight)
    element.scrollTop = top + ROW - element.clientHeight
}

interface RowProps {
  readonly row: Row
  readonly at: number
  readonly count: number
  readonly isActive: boolean
  readonly isSelected: boolean
}

function TreeRow({ row, at, count, isActive, isSelected }: RowProps) {
  const mark = marks.get(row.path)
  const isExpanded = isOpen(row.path)
  const numChildren = mark?.stat?.numChildren ?? 0
  const isFolder = isExpanded || mark === undefined || numChildren > 0
  const flash = flashes.get(row.path)?.kind
  const place = (element: HTMLDivElement | null): void => {
    if (element === null) return
    element.style.top = `${at * ROW}px`
    element.style.paddingInlineStart = `${6 + Math.min(row.depth, 12) * 14}px`
  }
  const toggle = (event: Event): void => {
    event.stopPropagation()
    if (isExpanded) close(row.path)
    else void open(row.path)
  }
  return (
    <div
      class={`row${isActive ? ' active' : ''}${isSelected ? ' selected' : ''}${flash ? ` flash ${flash}` : ''}`}
      ref={place}
      id={rowId(row.path)}
      role="treeitem"
      aria-level={row.depth + 1}
      aria-posinset={at + 1}
      aria-setsize={count}
      aria-selected={isSelected}
      {...(isFolder && { 'aria-expanded': isExpanded })}
      data-path={row.path}
      onClick={() => (location.hash = znodeHref(row.path))}
      onDblClick={toggle}
    >
      <span
        class={`twist${isFolder && (isExpanded || numChildren > 0) ? '' : ' none'}${isExpanded ? ' open' : ''}`}
        aria-hidden="true"
        onClick={toggle}
      />
      <bdi class="name">{visible(row.name)}</bdi>
      <Marks mark={mark} name={row.name} />
    </div>
  )
}

function Marks({ mark, name }: { mark: ReturnType<typeof marks.get>; name: string }) {
  const stat = mark?.stat
  return (
    <span class="marks">
      {stat?.owner != null && <SessionMark session={stat.owner} text="eph" isTabStop={false} />}
      {/\d{10}$/.test(name) && (
        <span class="mark" title="sequential: the name ends with the server's number">
          seq
        </span>
      )}
      {mark?.mode === 'container' && (
        <span class="mark" title="a container">
          cont
        </span>
      )}
      {mark?.mode === 'ttl' && (
        <span class="mark" title="has a time to live">
          ttl
        </span>
      )}
      {stat != null && stat.numChildren > 0 && (
        <span class="children">{stat.numChildren.toLocaleString('en')}</span>
      )}
    </span>
  )
}
