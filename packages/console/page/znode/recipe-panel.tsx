import { useState } from 'preact/hooks'
import type { Participant, RecipeView } from '../../src/protocol.ts'
import { write } from '../api.ts'
import { Age, Remaining } from '../parts/age.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { FactsLine } from '../parts/facts-line.tsx'
import { SessionLink, ZnodeLink } from '../parts/links.tsx'
import { Table } from '../parts/table.tsx'
import { nameOf, visible } from '../paths.ts'
import { isWritable } from '../state.ts'

/** Returns what tells a long name from others: its kind and its number. The beginning is a UUID. */
function shortName(path: string): string {
  const name = nameOf(path)
  const [end = name.slice(-20)] = /[a-z_]+-?\d{9,10}$/i.exec(name) ?? []
  return name.length > 26 ? `…${end}` : name
}

/** A recipe as what it is: its facts, who takes part, and who waits for whom. */
export function RecipePanel({ recipe }: { recipe: RecipeView }) {
  const [asked, ask] = useState<Participant | null>(null)
  return (
    <section class="recipe" aria-label={`Recipe: ${recipe.kind}`}>
      <p>
        <span class="kind">{recipe.kind}</span>{' '}
        <span class="quiet">
          layout of {recipe.layout}; {recipe.because}
        </span>
      </p>
      <FactsLine facts={recipe.facts} />
      {recipe.participants.length > 0 && (
        <Table
          heads={[
            'role',
            'znode',
            'says',
            'age',
            'session',
            'waits for',
            ...(recipe.revocable && isWritable.value ? ['ask'] : []),
          ]}
        >
          {recipe.participants.map(each => (
            <Row key={each.path} each={each} recipe={recipe} onAsk={() => ask(each)} />
          ))}
        </Table>
      )}
      {recipe.more > 0 && <p class="quiet">and {recipe.more.toLocaleString('en')} more</p>}
      {asked !== null && (
        <Dialog
          title="Ask the holder to release"
          action="Ask"
          onClose={() => ask(null)}
          onDo={async () => (await write({ do: 'revoke', path: asked.path, version: asked.version })).message}
        >
          <p>
            The data of <code>{visible(asked.path)}</code> becomes <code>__REVOKE__</code>. A holder that was
            made revocable sees it, and releases when it can. Others ignore it.
          </p>
        </Dialog>
      )}
    </section>
  )
}

const TONES: Readonly<Record<string, string>> = {
  holder: 'good',
  leader: 'good',
  up: 'good',
  invalid: 'bad',
  'without a session': 'bad',
}

function Row({ each, recipe, onAsk }: { each: Participant; recipe: RecipeView; onAsk: () => void }) {
  const isHolder = each.role === 'holder' || each.role === 'reader' || each.role === 'writer'
  return (
    <tr>
      <td>
        <span class={`role ${TONES[each.role] ?? ''}`}>{each.role}</span>
      </td>
      <td>
        <ZnodeLink path={each.path} text={shortName(each.path)} />
      </td>
      <td>
        <bdi class="says">{visible(each.data ?? '')}</bdi>
        {each.until !== undefined && (
          <span class="quiet">
            {' '}
            <Remaining until={each.until} />
          </span>
        )}
        {each.revoked && <span class="bad"> asked to release</span>}
      </td>
      <td>
        <Age since={each.since} />
      </td>
      <td>{each.owner === null ? <span class="quiet">none</span> : <SessionLink session={each.owner} />}</td>
      <td>
        {each.blockedBy.map(path => (
          <ZnodeLink key={path} path={path} text={shortName(path)} />
        ))}
      </td>
      {recipe.revocable && isWritable.value && (
        <td>
          {isHolder && (
            <button type="button" onClick={onAsk}>
              Release…
            </button>
          )}
        </td>
      )}
    </tr>
  )
}
