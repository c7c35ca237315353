import type { Tab } from './tab.ts'

const PATH = 'wrong.html'

/** A page that is wrong in every way that a tab looks for. */
const WRONG = `<!doctype html>
<html class="dark">
<title>Elsewhere</title>
<body style="margin: 0; color: red; background: red">
<div class="NotFound" style="width: 3000px">wide</div>
<img src="none.png">
<img src="http://192.0.2.1/far.png">
<script>console.error('said by the page')</script>
<script>throw new Error('thrown by the page')</script>
</html>`

/** Words of the faults that must be found there. */
const EXPECTED: readonly RegExp[] = [
  /at 1280 px, light: is 3000 px wide/,
  /at 390 px, dark: is 3000 px wide/,
  /has the title "Elsewhere"/,
  /has no heading/,
  /is not found/,
  /light: is dark/,
  /writes in rgb\(255, 0, 0\) on rgb\(255, 0, 0\)/,
  /is not alive/,
  /cannot show .*none\.png/,
  /said by the page/,
  /thrown by the page/,
  /asks http:\/\/192\.0\.2\.1\/far\.png/,
]

/** Looks at a page that is wrong. @returns what has gone unnoticed: a check that cannot fail says nothing of the other pages. */
export async function unnoticed(tab: Tab): Promise<string[]> {
  await tab.pretend(PATH, WRONG)
  await tab.look(PATH, { isFollowed: false, pictures: null })
  const found = tab.faults.splice(0)
  return EXPECTED.filter(each => !found.some(fault => each.test(fault))).map(
    each => `a page that is wrong: nobody says ${each}`,
  )
}
