import { diffLines } from 'diff'
import { useState } from 'preact/hooks'
import { formatSize, formatTime } from '../parts/format.ts'
import { Table } from '../parts/table.tsx'
import { bytesOf, hexDump, MOST_HEX, prettyJson, textOf, visibleText } from './data.ts'
import { dropped, follows, history } from './follow.ts'
import { MOST_KEPT, MOST_VERSIONS, missedBetween } from './seen.ts'

/** Characters of a version that are compared. */
const MOST_COMPARED = 50_000

/** The versions of the znode seen since the page opened, and the difference between two of them. */
export function HistoryPanel() {
  const all = history.value
  const [from, setFrom] = useState<string | null>(null)
  const [to, setTo] = useState<string | null>(null)
  const newer = all.find(({ mzxid }) => mzxid === to) ?? all.at(-1)
  const older = all.find(({ mzxid }) => mzxid === from) ?? all.at(-2)
  return (
    <section aria-label="History">
      <label class="check">
        <input
          type="checkbox"
          checked={follows.value}
          onChange={event => (follows.value = event.currentTarget.checked)}
        />
        follow: show each change at once
      </label>
      <Table heads={['version', 'changed', 'zxid', 'size', 'from', 'to']}>
        {all.toReversed().map((seen, i) => (
          <tr key={seen.mzxid}>
            <td>
              {seen.version}
              <Missed count={missedBetween(all[all.length - 2 - i], seen)} />
            </td>
            <td>{formatTime(seen.mtime)}</td>
            <td class="id">{seen.mzxid}</td>
            <td>{formatSize(bytesOf(seen.data).length)}</td>
            <td>
              <input
                type="radio"
                name="from"
                aria-label={`compare from version ${seen.version}`}
                checked={seen === older}
                onChange={() => setFrom(seen.mzxid)}
              />
            </td>
            <td>
              <input
                type="radio"
                name="to"
                aria-label={`compare to version ${seen.version}`}
                checked={seen === newer}
                onChange={() => setTo(seen.mzxid)}
              />
            </td>
          </tr>
        ))}
      </Table>
      {older && newer ? (
        <Diff older={older.data} newer={newer.data} />
      ) : (
        <p class="quiet">One version was seen. Each change from now on stands here.</p>
      )}
      <p class="quiet">
        The versions that this page has seen since it was opened: of each znode the newest {MOST_VERSIONS}, of
        all together {formatSize(MOST_KEPT)}. A znode is followed while it is open.
        {dropped.value > 0 && ` ${dropped.value.toLocaleString('en')} older ones were let go.`}
      </p>
    </section>
  )
}

/** The number of versions before one that nobody has seen. */
function Missed({ count }: { count: number }) {
  return count > 0 && <span class="quiet"> ({count.toLocaleString('en')} before it not seen)</span>
}

/** The text that stands for data when it is compared, and true if that is a part of it. */
function comparable(data: string | null): [text: string, isPart: boolean] {
  const bytes = bytesOf(data)
  const text = textOf(bytes)
  if (text === null) return [hexDump(bytes), bytes.length > MOST_HEX]
  // JSON is mostly one line: indented, its fields can be told apart.
  const json = prettyJson(text)
  const lines = json === null ? text : `${json.map(token => token.text).join('')}\n`
  return [lines.slice(0, MOST_COMPARED), lines.length > MOST_COMPARED]
}

const PART = `Of each, the first ${MOST_COMPARED.toLocaleString('en')} characters are compared, or ${formatSize(MOST_HEX)} of what is not UTF-8.`

/** The lines that differ between the data of two answers. */
export function Diff(data: { older: string | null; newer: string | null }) {
  if ((data.older ?? '') === (data.newer ?? '')) return <p class="quiet">The data is the same.</p>
  const [older, isPartOfOlder] = comparable(data.older)
  const [newer, isPartOfNewer] = comparable(data.newer)
  const note = (isPartOfOlder || isPartOfNewer) && <p class="quiet">{PART}</p>
  if (older === newer) {
    const where = note === false ? 'the white space of JSON' : 'what is not compared'
    return (
      <>
        <p class="quiet">The data differs in {where} alone.</p>
        {note}
      </>
    )
  }
  const parts = diffLines(older, newer, { timeout: 500 })
  if (parts === undefined) return <p class="quiet">The texts are too different to be compared.</p>
  return (
    <>
      {note}
      <pre class="data diff" role="region" tabIndex={0} aria-label="Difference" dir="ltr">
        {parts.map(({ value, added, removed }) => {
          const mark = added ? '+' : removed ? '-' : ' '
          const text = visibleText(value)
            .replace(/\n$/, '')
            .split('\n')
            .map(line => `${mark} ${line}\n`)
            .join('')
          return <span class={added ? 'added' : removed ? 'removed' : ''}>{text}</span>
        })}
      </pre>
    </>
  )
}
