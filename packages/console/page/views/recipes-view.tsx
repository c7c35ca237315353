import type { RecipesView as RecipesAnswer, RecipeView } from '../../src/protocol.ts'
import { FactsLine } from '../parts/facts-line.tsx'
import { formatCount } from '../parts/format.ts'
import { ZnodeLink } from '../parts/links.tsx'
import { View } from '../parts/view.tsx'
import { visible } from '../paths.ts'
import { place } from '../state.ts'
import { useRead } from './use-read.ts'

/** Milliseconds between two searches: one looks at thousands of znodes. */
const EVERY = 5000

/** The recipes of the tree, each as what it is. */
export function RecipesView() {
  const { path } = place.value
  const { value, refusal, again } = useRead<RecipesAnswer>('recipes', { path }, EVERY)
  return (
    <View
      name="Recipes"
      more={
        path !== '/' && (
          <>
            below <ZnodeLink path={path} />
          </>
        )
      }
      refusal={refusal}
      button={
        <button type="button" onClick={again}>
          Search again
        </button>
      }
    >
      {value !== null && (
        <p class="quiet">
          {formatCount(value.recipes.length, 'recipe')} in {formatCount(value.looked, 'znode')}
          {value.leftOut !== null && `; ${visible(value.leftOut)}`}.
        </p>
      )}
      <div class="cards">
        {value?.recipes.map(recipe => (
          <Card key={recipe.path} recipe={recipe} />
        ))}
      </div>
      {value?.recipes.length === 0 && <p>Nothing here has the layout of a known recipe.</p>}
    </View>
  )
}

function Card({ recipe }: { recipe: RecipeView }) {
  return (
    <article class="card">
      <h3>
        <span class="kind">{recipe.kind}</span> <ZnodeLink path={recipe.path} />
      </h3>
      <FactsLine facts={recipe.facts} />
      <p class="quiet">layout of {recipe.layout}</p>
    </article>
  )
}
