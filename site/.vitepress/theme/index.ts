import DefaultTheme from 'vitepress/theme'
import { h } from 'vue'
import { VersionSelect } from './version-select.ts'
import './style.css'

export default {
  extends: DefaultTheme,
  Layout: () =>
    h(DefaultTheme.Layout, null, {
      'nav-bar-content-after': () => h(VersionSelect, { class: 'wide' }),
      'nav-screen-content-after': () => h(VersionSelect),
    }),
}
