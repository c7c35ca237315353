import { readFileSync } from 'node:fs'
import { callsOf, ofKind } from '../checks/evidence.ts'
import type { RunResult } from '../run.ts'
import { clientLanes, faultLanes, memberLanes, secondsOf } from './series.ts'
import { timesOf } from './summary.ts'

/** Reads a file that stands beside this one and goes into the page. */
function part(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8')
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

/** JSON that may stand in a script: nothing in it can end the script. */
function embedded(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c')
}

function figuresOf(result: RunResult): [string, string][] {
  const { faults, histories, commits, from, to } = result
  const calls = callsOf(histories)
  const applied = calls.filter(({ outcome }) => outcome === 'applied').length
  const unknown = calls.filter(({ outcome }) => outcome === 'unknown').length
  const grants = histories.flatMap(({ entries }) => ofKind(entries, 'grant')).length
  const figures: [string, number][] = [
    ['faults', faults.length],
    ['lost connections', timesOf(result, 'suspended')],
    ['expired sessions', timesOf(result, 'expired')],
    ['calls that succeeded', applied],
    ['with an unknown outcome', unknown],
    ['changes committed', commits],
    ['lock grants', grants],
    ['seconds', Math.round((to - from) / 1000)],
  ]
  return figures.map(([name, value]) => [name, value.toLocaleString('en').replaceAll(',', ' ')])
}

function verdictText({ violations, hole }: RunResult): string {
  if (hole !== null)
    return `<p class="verdict">No verdict: ${escaped(hole)}. The ensemble has lost what it had committed.</p>`
  if (violations.length === 0) return '<p class="verdict held">Every promise held.</p>'
  const items = violations.map(each => `<li>${escaped(each)}</li>`).join('')
  const count = violations.length === 1 ? 'One promise' : `${violations.length} promises`
  return `<div class="verdict broken"><p>${count} did not hold:</p><ul>${items}</ul></div>`
}

function faultRows({ faults, from }: RunResult): string {
  const seconds = (at: number): string => (Number.isFinite(at) ? ((at - from) / 1000).toFixed(1) : '')
  const rows = faults.map(
    ({ kind, who, ...each }) =>
      `<tr><td>${seconds(each.from)}</td><td>${seconds(each.to)}</td><td>${kind}</td><td>${escaped(who)}</td></tr>`,
  )
  return rows.join('\n')
}

function leftOutOf({ leftOut }: RunResult): string {
  if (leftOut.length === 0) return ''
  return `<p class="aside">This machine could not: ${leftOut.join('; ')}.</p>`
}

/** Returns a page that shows a run, complete in itself. */
export function pageOf(result: RunResult): string {
  const { seed, release } = result
  const data = {
    duration: (result.to - result.from) / 1000,
    groups: [faultLanes(result), memberLanes(result), clientLanes(result)],
    seconds: secondsOf(result),
  }
  const cards = figuresOf(result)
    .map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`)
    .join('')
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Faults on ZooKeeper ${escaped(release)}, seed ${escaped(seed)}</title>
<style>
${part('page.css')}</style>
<h1>Real faults on real servers</h1>
<p class="aside">ZooKeeper ${escaped(release)}, three members, four clients; seed <code>${escaped(seed)}</code></p>
${verdictText(result)}
<dl class="cards">${cards}</dl>
${leftOutOf(result)}
<h2>Timeline</h2>
<p class="aside">Point at it for details. Drag to look closer, double-click to see all.</p>
<div id="timeline"></div>
<h2>Faults</h2>
<table><thead><tr><th>from (s)</th><th>to (s)</th><th>fault</th><th>met</th></tr></thead>
<tbody>
${faultRows(result)}
</tbody></table>
<script type="application/json" id="data">${embedded(data)}</script>
<script type="module">
${part('timeline.js')}</script>
</html>
`
}
