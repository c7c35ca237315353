#!/usr/bin/env node
// The program as it is installed. It is CommonJS, which a Node process loads sooner than an ES module, and its compiled code is kept.
// .ci/source/program.ts bundles it, and what it runs.

import nodeModule from 'node:module'
import { join } from 'node:path'
import { commandIndex } from '../program/words.ts'
import { folderOf, runCompiled } from './compiled.ts'

/** Name of the file beside this one that has the program. The bundler defines it. */
declare const PROGRAM: string

const file = join(__dirname, PROGRAM)
const { enableCompileCache } = nodeModule as typeof nodeModule & { enableCompileCache?: () => unknown }

/** Imports a module for the program. */
export function load(name: string): Promise<unknown> {
  return import(name)
}

function program(): { main(): Promise<void> } {
  if (enableCompileCache !== undefined) {
    enableCompileCache()
    return require(file)
  }
  const words = process.argv.slice(2)
  const name = words[commandIndex(words)] ?? 'shell'
  const part = /^[A-Za-z-]+$/.test(name) ? name : 'other'
  return runCompiled({ file, require, folder: folderOf(process.env), part }) as { main(): Promise<void> }
}

// The file that has the program asks this one for `load`, also where it is not run but imported.
if (require.main === module) void program().main()
