import { useEffect } from 'preact/hooks'
import type { RecipeView, RecipesView as View } from '../../src/protocol.ts'
import { ZnodeLink } from '../parts/links.tsx'
import { visible } from '../paths.ts'
import { place } from '../state.ts'
import { useRead } from './use-read.ts'

/** Milliseconds between two searches: one looks at thousands of znodes. */
const EVERY = 5000

/** The recipes of the tree, each as what it is. */
export function RecipesView() {
  const { path } = place.value
  const { value, refusal, again } = useRead<View>('recipes', { path }, EVERY)
  useEffect(() => {
    document.title = 'Recipes - zookit console'
  }, [])
  return (
    <section class="view" tabIndex={0} aria-label="Recipes">
      <div class="view-head">
        <h2>
          Recipes{' '}
          {path !== '/' && (
            <>
              below <ZnodeLink path={path} />
            </>
          )}
        </h2>
        <button type="button" onClick={again}>
          Search again
        </button>
      </div>
      {refusal !== null && (
        <p class="bad" role="alert">
          {refusal.message}
        </p>
      )}
      {value !== null && (
        <p class="quiet">
          {value.recipes.length} recipes in {value.looked.toLocaleString('en')} znodes
          {value.leftOut !== null && `; ${visible(value.leftOut)}`}.
        </p>
      )}
      <div class="cards">
        {value?.recipes.map(recipe => (
          <Card key={recipe.path} recipe={recipe} />
        ))}
      </div>
      {value?.recipes.length === 0 && <p>Nothing here has the layout of a known recipe.</p>}
    </section>
  )
}

function Card({ recipe }: { recipe: RecipeView }) {
  return (
    <article class="card">
      <h3>
        <span class="kind">{recipe.kind}</span> <ZnodeLink path={recipe.path} />
      </h3>
      <ul class="facts-line">
        {recipe.facts.map(({ name, value, tone }) => (
          <li key={name + value} class={tone}>
            <span class="quiet">{name}</span> <bdi>{visible(value)}</bdi>
          </li>
        ))}
      </ul>
      <p class="quiet">layout of {recipe.layout}</p>
    </article>
  )
}
