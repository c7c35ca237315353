import { WatcherManager } from '../callbacks/watcher-manager.ts'

export { WatcherManager as default, WatcherManager as 'module.exports' }
