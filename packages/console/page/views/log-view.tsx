import { useEffect } from 'preact/hooks'
import type { WriteLogView } from '../../src/protocol.ts'
import { visible } from '../paths.ts'
import { useRead } from './use-read.ts'

/** The writes that were made or refused since the console began. */
export function LogView() {
  const { value } = useRead<WriteLogView>('log', {}, 2000)
  useEffect(() => {
    document.title = 'Writes - zookit console'
  }, [])
  return (
    <section class="view" tabIndex={0} aria-label="Writes">
      <h2>Writes</h2>
      {value?.lines.length === 0 && <p class="quiet">Nothing was written since the console began.</p>}
      <pre class="data" role="region" tabIndex={0} aria-label="Writes, the newest first">
        {value?.lines.toReversed().map(visible).join('\n')}
      </pre>
    </section>
  )
}
