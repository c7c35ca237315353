import { defineConfig } from 'vitest/config'

// The condition is for this repository alone: its packages are run from their TypeScript sources.
const conditions = ['@zookit/source', 'node', 'import', 'module', 'default']

export default defineConfig({
  test: { include: ['*.vitest.ts'] },
  ssr: { resolve: { conditions, externalConditions: conditions } },
})
