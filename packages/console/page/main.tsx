import { render } from 'preact'
import { useState } from 'preact/hooks'
import { live, place, stream } from './state.ts'
import { begin } from './stream.ts'
import { TreePane } from './tree/tree-pane.tsx'
import { EnsembleView } from './views/ensemble-view.tsx'
import { Header } from './views/header.tsx'
import { LogView } from './views/log-view.tsx'
import { RecipesView } from './views/recipes-view.tsx'
import { SessionsView } from './views/sessions-view.tsx'
import { TrafficView } from './views/traffic-view.tsx'
import { Detail } from './znode/detail.tsx'
import 'uplot/dist/uPlot.min.css'
import './style/all.css'

function TreeView() {
  const [isTreeShown, setTreeShown] = useState(false)
  return (
    <div class={`tree-view${isTreeShown ? ' tree-shown' : ''}`}>
      <button
        type="button"
        class="only-narrow"
        aria-expanded={isTreeShown}
        onClick={() => setTreeShown(!isTreeShown)}
      >
        {isTreeShown ? 'Hide the tree' : 'Show the tree'}
      </button>
      <TreePane />
      <Detail />
    </div>
  )
}

const VIEWS = {
  tree: TreeView,
  recipes: RecipesView,
  ensemble: EnsembleView,
  sessions: SessionsView,
  traffic: TrafficView,
  log: LogView,
}

function Page() {
  const View = VIEWS[place.value.view]
  return (
    <>
      <Header />
      {stream.value === 'open' && live.value.note !== null && (
        <p class="banner" role="status">
          {live.value.note}
        </p>
      )}
      {(stream.value === 'lost' || stream.value === 'refused') && (
        <p class="banner bad" role="alert">
          What stands here may be out of date: the console is asked again every second.
        </p>
      )}
      <main id="main" tabIndex={-1}>
        <View />
      </main>
    </>
  )
}

begin()
render(<Page />, document.getElementById('page')!)
