import type { WriteLogView } from '../../src/protocol.ts'
import { View } from '../parts/view.tsx'
import { visible } from '../paths.ts'
import { useRead } from './use-read.ts'

/** The writes that were made or refused since the console began. */
export function LogView() {
  const { value, refusal } = useRead<WriteLogView>('log', {}, 2000)
  const lines = value?.lines ?? []
  return (
    <View name="Writes" refusal={refusal}>
      {value !== null && lines.length === 0 && (
        <p class="quiet">Nothing was written since the console began.</p>
      )}
      {lines.length > 0 && (
        <pre class="data" role="region" tabIndex={0} aria-label="Writes, the newest first">
          {lines.toReversed().map(visible).join('\n')}
        </pre>
      )}
    </View>
  )
}
