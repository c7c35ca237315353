import type { DefaultTheme } from 'vitepress'
import { CLOSED, GROUPS, NAMES } from './groups.ts'
import { read, repositoryPages, titleOf } from './pages.ts'
import { MODULES } from './reference.ts'

/** Returns the sidebar. @throws if a page is missing in it. */
export function sidebar(): DefaultTheme.SidebarItem[] {
  const files = new Map(repositoryPages().map(({ file, path }) => [path, file]))
  const item = (path: string): DefaultTheme.SidebarItem => {
    const file = files.get(path)
    if (file === undefined) throw new Error(`${path} is in the sidebar, and no page`)
    files.delete(path)
    return { text: NAMES[path] ?? titleOf(read(file)), link: `/${path.replace(/(index)?\.md$/, '')}` }
  }
  const groups = Object.entries(GROUPS).map(([text, paths]) => ({
    text,
    collapsed: CLOSED.has(text),
    items: paths.map(item),
  }))
  files.delete('index.md')
  if (files.size > 0) throw new Error(`not in the sidebar: ${[...files.keys()].join(', ')}`)
  const reference = {
    text: 'Reference',
    collapsed: false,
    items: [
      { text: 'Every option', link: '/reference/options' },
      { text: 'Every event', link: '/reference/events' },
      { text: 'Every error', link: '/errors' },
      ...MODULES.map(({ path, name }) => ({ text: name, link: `/api/${path}/` })),
    ],
  }
  return [...groups.slice(0, 5), reference, ...groups.slice(5)]
}
