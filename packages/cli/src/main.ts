#!/usr/bin/env node
import module from 'node:module'

// From Node 22.8 on: what is compiled once is kept in a folder for temporary files, or in NODE_COMPILE_CACHE, so that the next run
// begins sooner. NODE_DISABLE_COMPILE_CACHE=1 turns it off. What is to be kept is imported after this call.
const { enableCompileCache } = module as typeof module & { enableCompileCache?: () => unknown }
enableCompileCache?.()
const { main } = await import('./program.ts')
await main()
