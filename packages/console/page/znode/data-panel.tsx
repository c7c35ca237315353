import { useEffect, useState } from 'preact/hooks'
import { formatSize } from '../parts/format.ts'
import {
  bytesOf,
  hexDump,
  imageType,
  MOST_HEX,
  MOST_TEXT,
  prettyJson,
  type Token,
  textOf,
  visibleText,
} from './data.ts'

type Format = 'json' | 'text' | 'hex' | 'image'

/** The data of a znode, in the format that fits it, or another one that was chosen. */
export function DataPanel({ data, path }: { data: string | null; path: string }) {
  const [chosen, choose] = useState<Format | null>(null)
  useEffect(() => choose(null), [path])
  const bytes = bytesOf(data)
  const text = textOf(bytes)
  const json = text === null ? null : prettyJson(text)
  const image = imageType(bytes)
  const possible: Format[] = [
    ...(json === null ? [] : ['json' as const]),
    ...(text === null ? [] : ['text' as const]),
    ...(image === null ? [] : ['image' as const]),
    'hex',
  ]
  const format = chosen !== null && possible.includes(chosen) ? chosen : possible[0]!
  if (data === null || bytes.length === 0)
    return <p class="quiet">{data === null ? 'It has no data.' : 'Its data is empty.'}</p>
  return (
    <>
      <div class="formats" role="group" aria-label="Format of the data">
        {possible.map(each => (
          <button key={each} type="button" aria-pressed={each === format} onClick={() => choose(each)}>
            {each === 'json' ? 'JSON' : each}
          </button>
        ))}
        <span class="quiet">
          {formatSize(bytes.length)}
          {text === null && ', not UTF-8'}
        </span>
      </div>
      {format === 'json' && <Json tokens={json!} />}
      {format === 'text' && <Text text={text!} />}
      {format === 'hex' && <Hex bytes={bytes} />}
      {format === 'image' && <Image data={data} type={image!} />}
    </>
  )
}

function Json({ tokens }: { tokens: readonly Token[] }) {
  return (
    <pre class="data" role="region" tabIndex={0} aria-label="Data as JSON" dir="ltr">
      {tokens.map(({ kind, text }) =>
        kind === 'mark' ? text : <span class={kind}>{visibleText(text)}</span>,
      )}
    </pre>
  )
}

function Text({ text }: { text: string }) {
  return (
    <>
      <pre class="data" role="region" tabIndex={0} aria-label="Data as text" dir="ltr">
        {visibleText(text.slice(0, MOST_TEXT))}
      </pre>
      {text.length > MOST_TEXT && (
        <p class="quiet">
          The first {MOST_TEXT.toLocaleString('en')} of {text.length.toLocaleString('en')} characters.
        </p>
      )}
    </>
  )
}

function Hex({ bytes }: { bytes: Uint8Array }) {
  return (
    <>
      <pre class="data" role="region" tabIndex={0} aria-label="Data in hexadecimal" dir="ltr">
        {hexDump(bytes)}
      </pre>
      {bytes.length > MOST_HEX && (
        <p class="quiet">
          The first {formatSize(MOST_HEX)} of {formatSize(bytes.length)}.
        </p>
      )}
    </>
  )
}

function Image({ data, type }: { data: string; type: string }) {
  const [url, setUrl] = useState<string | null>(null)
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([bytesOf(data)], { type }))
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [data, type])
  return url && <img class="picture" src={url} alt={`The data of the znode as ${type}`} />
}
