import type { Catalog } from './context.ts'
import type { Command } from './definition.ts'

/** Loads each command under its name: a run loads the one that it needs. The order is that of the help. */
const LOADERS: Readonly<Record<string, () => Promise<Command>>> = {
  ls: async () => (await import('../commands/znodes/ls.ts')).ls,
  get: async () => (await import('../commands/znodes/get.ts')).get,
  set: async () => (await import('../commands/znodes/set.ts')).set,
  create: async () => (await import('../commands/znodes/create.ts')).create,
  delete: async () => (await import('../commands/znodes/delete.ts')).deleteOne,
  deleteall: async () => (await import('../commands/znodes/deleteall.ts')).deleteall,
  stat: async () => (await import('../commands/znodes/stat.ts')).stat,
  sync: async () => (await import('../commands/znodes/sync.ts')).sync,
  getAcl: async () => (await import('../commands/znodes/get-acl.ts')).getAcl,
  setAcl: async () => (await import('../commands/znodes/set-acl.ts')).setAcl,
  getAllChildrenNumber: async () =>
    (await import('../commands/znodes/get-all-children-number.ts')).getAllChildrenNumber,
  tree: async () => (await import('../commands/trees/tree.ts')).tree,
  find: async () => (await import('../commands/trees/find.ts')).find,
  du: async () => (await import('../commands/trees/du.ts')).du,
  cat: async () => (await import('../commands/trees/cat.ts')).cat,
  put: async () => (await import('../commands/trees/put.ts')).put,
  edit: async () => (await import('../commands/trees/edit.ts')).edit,
  cp: async () => (await import('../commands/trees/cp.ts')).cp,
  mv: async () => (await import('../commands/trees/mv.ts')).mv,
  export: async () => (await import('../commands/trees/export.ts')).exportTree,
  import: async () => (await import('../commands/trees/import.ts')).importTree,
  diff: async () => (await import('../commands/trees/diff.ts')).diff,
  watch: async () => (await import('../commands/watches/watch.ts')).watch,
  lock: async () => (await import('../commands/scripts/lock.ts')).lock,
  elect: async () => (await import('../commands/scripts/elect.ts')).elect,
  semaphore: async () => (await import('../commands/scripts/semaphore.ts')).semaphore,
  'wait-for': async () => (await import('../commands/scripts/wait-for.ts')).waitFor,
  serve: async () => (await import('../commands/scripts/serve.ts')).serve,
  conform: async () => (await import('../commands/scripts/conform.ts')).conform,
  bench: async () => (await import('../commands/ensemble/bench.ts')).bench,
  status: async () => (await import('../commands/ensemble/status.ts')).status,
  sessions: async () => (await import('../commands/ensemble/sessions.ts')).sessions,
  console: async () => (await import('../commands/console/console.ts')).consoleCommand,
  sniff: async () => (await import('../commands/wire/sniff.ts')).sniff,
  dissect: async () => (await import('../commands/wire/dissect.ts')).dissect,
  config: async () => (await import('../commands/ensemble/config.ts')).config,
  reconfig: async () => (await import('../commands/ensemble/reconfig.ts')).reconfig,
  setquota: async () => (await import('../commands/quotas/setquota.ts')).setquota,
  listquota: async () => (await import('../commands/quotas/listquota.ts')).listquota,
  delquota: async () => (await import('../commands/quotas/delquota.ts')).delquota,
  addWatch: async () => (await import('../commands/watches/add-watch.ts')).addWatch,
  removewatches: async () => (await import('../commands/watches/removewatches.ts')).removewatches,
  printwatches: async () => (await import('../commands/watches/printwatches.ts')).printwatches,
  addauth: async () => (await import('../commands/znodes/addauth.ts')).addauth,
  getEphemerals: async () => (await import('../commands/znodes/get-ephemerals.ts')).getEphemerals,
  whoami: async () => (await import('../commands/session/whoami.ts')).whoami,
  connect: async () => (await import('../commands/session/connect.ts')).connectTo,
  close: async () => (await import('../commands/session/close.ts')).close,
  history: async () => (await import('../commands/session/history.ts')).history,
  redo: async () => (await import('../commands/session/redo.ts')).redo,
  help: async () => (await import('../commands/session/help.ts')).help,
  completion: async () => (await import('../commands/session/completion.ts')).completion,
  version: async () => (await import('../commands/session/version.ts')).version,
  quit: async () => (await import('../commands/session/quit.ts')).quit,
  exit: async () => (await import('../commands/session/quit.ts')).exit,
}

/** The names of all commands. */
export const commandNames: readonly string[] = Object.keys(LOADERS)

/** Loads one command. @returns null if there is none of that name. */
export async function loadCommand(name: string | undefined): Promise<Command | null> {
  if (name === undefined || !Object.hasOwn(LOADERS, name)) return null
  return LOADERS[name]!()
}

/** Loads all commands. */
export function loadAll(): Promise<Command[]> {
  return Promise.all(Object.values(LOADERS).map(load => load()))
}

/** The commands, for those of them that tell about the others. */
export const catalog: Catalog = { names: commandNames, load: loadCommand, loadAll }
