import { useData } from 'vitepress'
import { defineComponent, h, onMounted, ref } from 'vue'

/** Selector of the site's version. Each has a folder of its own, and the list stands beside them: an old one offers the new ones, too. */
export const VersionSelect = defineComponent(() => {
  const { version, versionsUrl } = useData().theme.value
  const versions = ref<readonly string[]>([version])

  onMounted(async () => {
    if (versionsUrl === null) return
    const response = await fetch(versionsUrl)
    if (response.ok) versions.value = await response.json()
  })

  const go = ({ target }: Event): void => {
    const { value } = target as HTMLSelectElement
    location.href = versionsUrl.replace(/versions\.json$/, `${value}/`)
  }

  return () =>
    h('label', { class: 'version-select' }, [
      h('span', { class: 'visually-hidden' }, 'Version'),
      h(
        'select',
        { onChange: go },
        versions.value.map(each => h('option', { key: each, value: each, selected: each === version }, each)),
      ),
    ])
})
