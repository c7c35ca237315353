import { useState } from 'preact/hooks'
import type { ZnodeView } from '../../src/protocol.ts'
import { get, type Refusal, write } from '../api.ts'
import { Dialog } from '../parts/dialog.tsx'
import { formatCount } from '../parts/format.ts'
import { below, nameOf, parentOf, visible, znodeHref } from '../paths.ts'
import { tell } from '../state.ts'
import { base64Of, bytesOf, textOf } from './data.ts'
import { refresh } from './follow.ts'
import { Diff } from './history-panel.tsx'

/** The writes of a znode, each with its dialog. */
export type WriteKind = 'edit' | 'create' | 'delete' | 'acl' | 'quota' | 'import'

interface Props {
  readonly znode: ZnodeView
  readonly onClose: () => void
}

const encode = (text: string): string => base64Of(new TextEncoder().encode(text))

/** Edits the data. Somebody else's write in between is not overwritten: both are shown. */
export function EditDialog({ znode, onClose }: Props) {
  const [base, setBase] = useState(znode)
  const [text, setText] = useState(textOf(bytesOf(znode.data)) ?? '')
  const [conflict, setConflict] = useState<ZnodeView | null>(null)
  const isBinary = textOf(bytesOf(znode.data)) === null
  const theirs = textOf(bytesOf(conflict?.data ?? null))
  const onRefused = async (refusal: Refusal): Promise<boolean> => {
    if (refusal.code !== 'BAD_VERSION') return false
    setConflict(await get<ZnodeView>('znode', { path: znode.path }))
    return true
  }
  return (
    <Dialog
      title={`Edit ${visible(nameOf(znode.path))}`}
      action={conflict === null ? 'Write' : 'Write over the other'}
      isReady={!isBinary}
      onClose={onClose}
      onRefused={onRefused}
      onDo={async () => {
        const version = (conflict ?? base).stat.version
        if (conflict !== null) setBase(conflict)
        return (await write({ do: 'set', path: znode.path, data: encode(text), version })).message
      }}
    >
      {isBinary && <p class="bad">Its data is not UTF-8: it cannot be edited as text.</p>}
      <label>
        Data, on the condition that it still has version {base.stat.version}
        <textarea
          class="data"
          rows={14}
          spellcheck={false}
          dir="ltr"
          value={text}
          onInput={event => setText(event.currentTarget.value)}
        />
      </label>
      {conflict !== null && (
        <section class="conflict" role="alert">
          <p class="bad">
            Somebody else has written version {conflict.stat.version} meanwhile. Nothing was overwritten. From
            theirs to yours:
          </p>
          <Diff older={conflict.data} newer={encode(text)} />
          {theirs === null ? (
            <p class="quiet">Theirs is not UTF-8: it cannot be taken as text.</p>
          ) : (
            <button type="button" onClick={() => setText(theirs)}>
              Take theirs
            </button>
          )}
        </section>
      )}
    </Dialog>
  )
}

const MODES = ['persistent', 'persistent-sequential', 'container', 'ttl', 'ttl-sequential']

/** Creates a child. */
export function CreateDialog({ znode, onClose }: Props) {
  const [name, setName] = useState('')
  const [text, setText] = useState('')
  const [mode, setMode] = useState('persistent')
  const [ttl, setTtl] = useState(60_000)
  return (
    <Dialog
      title={`Create below ${visible(znode.path)}`}
      action="Create"
      isReady={name !== '' || mode.endsWith('sequential')}
      onClose={onClose}
      onDo={async () => {
        const { path, message } = await write({
          do: 'create',
          path: below(znode.path, name),
          data: encode(text),
          mode,
          ...(mode.startsWith('ttl') && { ttl }),
        })
        location.hash = znodeHref(path)
        return message
      }}
    >
      <label>
        Name <input type="text" value={name} onInput={event => setName(event.currentTarget.value)} />
      </label>
      <label>
        Mode
        <select value={mode} onChange={event => setMode(event.currentTarget.value)}>
          {MODES.map(each => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
      {mode.startsWith('ttl') && (
        <label>
          Milliseconds to live{' '}
          <input
            type="number"
            min={1}
            value={ttl}
            onInput={event => setTtl(Number(event.currentTarget.value))}
          />
        </label>
      )}
      <label>
        Data{' '}
        <textarea
          class="data"
          rows={6}
          spellcheck={false}
          value={text}
          onInput={event => setText(event.currentTarget.value)}
        />
      </label>
    </Dialog>
  )
}

/** Deletes: one znode with its version, or a tree after its name was typed. */
export function DeleteDialog({ znode, onClose }: Props) {
  const [typed, setTyped] = useState('')
  const name = nameOf(znode.path)
  const isTree = znode.stat.numChildren > 0
  return (
    <Dialog
      title={isTree ? 'Delete with all below it' : 'Delete'}
      action="Delete"
      danger
      isReady={!isTree || typed === name}
      onClose={onClose}
      onDo={async () => {
        const { path } = znode
        const { message } = await write(
          isTree
            ? { do: 'delete-tree', path, confirm: typed }
            : { do: 'delete', path, version: znode.stat.version },
        )
        location.hash = znodeHref(parentOf(path) ?? '/')
        return `${visible(path)} ${message}`
      }}
    >
      <p>
        <code>{visible(znode.path)}</code>
        {isTree &&
          ` has ${formatCount(znode.stat.numChildren, 'child', 'children')}. It is not atomic: a failure leaves a part deleted.`}
      </p>
      {isTree && <Typed name={name} typed={typed} onTyped={setTyped} />}
    </Dialog>
  )
}

function Typed({ name, typed, onTyped }: { name: string; typed: string; onTyped: (text: string) => void }) {
  return (
    <label>
      <span>
        Type <strong>{visible(name)}</strong> to confirm
      </span>
      <input
        type="text"
        autocomplete="off"
        value={typed}
        onInput={event => onTyped(event.currentTarget.value)}
      />
    </label>
  )
}

/** Changes the ACL. No watch tells of that: the znode is read again. */
export function AclDialog({ znode, onClose }: Props) {
  const [text, setText] = useState(
    znode.acl.map(({ scheme, id, perms }) => `${scheme}:${id}:${perms}`).join('\n'),
  )
  return (
    <Dialog
      title={`ACL of ${visible(nameOf(znode.path))}`}
      action="Change"
      onClose={onClose}
      onDone={refresh}
      onDo={async () =>
        (await write({ do: 'acl', path: znode.path, acl: text, version: znode.stat.aversion })).message
      }
    >
      <label>
        One entry a line, scheme:id:perms with letters of cdrwa
        <textarea
          class="data"
          rows={5}
          spellcheck={false}
          value={text}
          onInput={event => setText(event.currentTarget.value)}
        />
      </label>
      <p class="quiet">An entry digest:USER:perms keeps the password of a user that is in the ACL already.</p>
    </Dialog>
  )
}

const LIMITS = [
  ['count', 'Znodes, soft'],
  ['bytes', 'Bytes, soft'],
  ['countHardLimit', 'Znodes, hard'],
  ['byteHardLimit', 'Bytes, hard'],
] as const

/** Sets the quota, or takes it away if no limit is given. No watch of the znode tells of that: it is read again. */
export function QuotaDialog({ znode, onClose }: Props) {
  const present = znode.quota?.path === znode.path ? znode.quota.limits : null
  const [limits, setLimits] = useState<Readonly<Record<string, number | null>>>(present ?? {})
  const isNone = Object.values(limits).every(limit => limit === null)
  return (
    <Dialog
      title={`Quota of ${visible(nameOf(znode.path))}`}
      action={isNone ? 'Take it away' : 'Set'}
      isReady={!isNone || present !== null}
      onClose={onClose}
      onDone={refresh}
      onDo={async () =>
        (await write({ do: 'quota', path: znode.path, limits: isNone ? null : limits })).message
      }
    >
      {LIMITS.map(([name, label]) => (
        <label key={name}>
          {label}
          <input
            type="number"
            min={0}
            value={limits[name] ?? ''}
            onInput={({ currentTarget: { value } }) =>
              setLimits({ ...limits, [name]: value === '' ? null : Number(value) })
            }
          />
        </label>
      ))}
    </Dialog>
  )
}

/** Imports the lines of an export. */
export function ImportDialog({ znode, onClose }: Props) {
  const [lines, setLines] = useState<string | null>(null)
  const [typed, setTyped] = useState('')
  const [overwrite, setOverwrite] = useState(false)
  const name = nameOf(znode.path)
  return (
    <Dialog
      title={`Import into ${visible(znode.path)}`}
      action="Import"
      isReady={lines !== null && typed === name}
      onClose={onClose}
      onDo={async () =>
        (await write({ do: 'import', path: znode.path, lines: lines!, confirm: typed, overwrite })).message
      }
    >
      <p>
        The first znode of the file becomes <code>{visible(znode.path)}</code>, the others come below it.
        Znodes that are there and differ are left alone.
      </p>
      <label>
        The file of an export
        <input
          type="file"
          accept=".ndjson,application/x-ndjson"
          onChange={event =>
            void event.currentTarget.files?.[0]
              ?.text()
              .then(setLines, (error: Error) => tell(`The file cannot be read: ${error.message}`, 'bad'))
          }
        />
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={overwrite}
          onChange={event => setOverwrite(event.currentTarget.checked)}
        />{' '}
        write over znodes that differ
      </label>
      <Typed name={name} typed={typed} onTyped={setTyped} />
    </Dialog>
  )
}
