import { failNow } from '../../violation.ts'
import { TREE } from '../client/loads/caches.ts'
import { SERVICE, SERVICES } from '../client/loads/discovery.ts'
import { CHAINED } from '../client/loads/watches.ts'
import type { Reports } from '../client/orders.ts'
import type { Tree } from '../truth/tree.ts'

const text = (value: unknown): string => JSON.stringify(value)

function below(tree: Tree, top: string): [string, string | null][] {
  const found = [...tree].filter(([path]) => path === top || path.startsWith(`${top}/`))
  return found.map(([path, { data }]) => [path, data])
}

const sorted = (shown: Iterable<readonly [string, unknown]>): string =>
  text([...shown].sort(([a], [b]) => (a < b ? -1 : 1)))

/** Throws when what a client shows is not the tree. */
export function checkShown(client: string, { caches, discovery, watches }: Reports, tree: Tree): void {
  const all = below(tree, TREE)
  const children = all.filter(([path]) => path.split('/').length === TREE.split('/').length + 1)
  const both = [
    ['TreeCache', caches.tree, all],
    ['ChildrenCache', caches.children, children],
  ] as const
  for (const [kind, shown, should] of both) {
    const is = typeof shown === 'string' ? shown : sorted(Object.entries(shown))
    if (is !== sorted(should))
      failNow(`the ${kind} of ${client} shows ${is}, where the tree is ${sorted(should)}`)
  }
  const chained = tree.get(CHAINED)?.mzxid ?? null
  if (watches.chain !== chained)
    failNow(
      `the one-shot watches of ${client} have read ${watches.chain} last, and ${CHAINED} is at ${chained}`,
    )
  const top = `${SERVICES}/${SERVICE}`
  const instances = below(tree, top)
    .map(([path]) => path.slice(top.length + 1))
    .filter(id => id !== '')
  if (text(discovery) !== text(instances.sort()))
    failNow(`${client} sees the instances ${text(discovery)}, where ${text(instances)} are`)
}

/** Throws for znodes that clients have left behind. */
export function checkLeft(after: Tree): void {
  const ephemeral = [...after].filter(([, { ephemeralOwner }]) => ephemeralOwner !== 0n)
  const contender = /^\/locks\/[^/]+\/./
  const left = [...ephemeral.map(([path]) => path), ...[...after.keys()].filter(path => contender.test(path))]
  if (left.length > 0) failNow(`all clients are closed, and there is ${left.join(', ')}`)
}
