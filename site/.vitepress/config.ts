import { type DefaultTheme, defineConfigWithTheme } from 'vitepress'
import { read } from '../src/pages.ts'
import { sidebar } from '../src/sidebar.ts'
import { slug } from '../src/slug.ts'

const { version } = JSON.parse(read('packages/client/package.json'))
/** Address of the folder that has a folder for each version. */
const base = process.env.ZOOKIT_SITE_BASE ?? '/'
const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><text y="13" x="3" font-size="16" fill="#5672cd">z</text></svg>'
const isDev = process.argv.includes('--dev')
const repository = process.env.ZOOKIT_REPOSITORY

/** The theme's options, and those of its version selector. */
interface ThemeConfig extends DefaultTheme.Config {
  version: string
  /** Address of the list of versions; null where there is none. */
  versionsUrl: string | null
}

export default defineConfigWithTheme<ThemeConfig>({
  title: 'zookit',
  description: 'ZooKeeper for TypeScript, pure TypeScript down to the wire.',
  lang: 'en',
  srcDir: '.pages',
  outDir: `dist/${version}`,
  base: isDev ? base : `${base}${version}/`,
  lastUpdated: false,
  head: [['link', { rel: 'icon', href: `data:image/svg+xml,${encodeURIComponent(ICON)}` }]],
  markdown: {
    anchor: { slugify: slug },
    toc: { slugify: slug },
  },
  themeConfig: {
    version,
    versionsUrl: isDev ? null : `${base}versions.json`,
    search: {
      provider: 'local',
      options: {
        // The sources are in the repository; a search finds what was written for readers.
        miniSearch: {
          searchOptions: {
            combineWith: 'AND',
            // What was written for readers comes before the reference, which has most pages.
            boostDocument: (page: string) => (page.includes('/api/') ? 0.1 : 1),
          },
        },
        _render: (text, env, md) => (env.relativePath.startsWith('source/') ? '' : md.render(text, env)),
      },
    },
    nav: [
      { text: 'Start', link: '/start' },
      { text: 'Recipes', link: '/recipes/', activeMatch: '^/recipes/' },
      { text: 'Reference', link: '/api/', activeMatch: '^/(api|reference)/' },
      { text: 'Come from…', link: '/migrate/from-node-zookeeper-client', activeMatch: '^/migrate/' },
    ],
    sidebar: sidebar(),
    outline: [2, 3],
    externalLinkIcon: true,
    ...(repository ? { socialLinks: [{ icon: 'github', link: repository }] } : {}),
  },
})
