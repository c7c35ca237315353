import { AddWatchMode, op } from '@zookit/jute'
import type { Session, Watcher } from '../../src/index.ts'
import { create, isThere, remove, setData } from './servers.ts'

/** The requests that leave watches. */
export const arm = {
  getData: (session: Session, path: string, watcher: Watcher) =>
    session.request(op.getData, { path, watch: true }, { watcher }),
  exists: (session: Session, path: string, watcher: Watcher) =>
    session.request(op.exists, { path, watch: true }, { watcher }),
  getChildren: (session: Session, path: string, watcher: Watcher) =>
    session.request(op.getChildren, { path, watch: true }, { watcher }),
  getChildren2: (session: Session, path: string, watcher: Watcher) =>
    session.request(op.getChildren2, { path, watch: true }, { watcher }),
  persistent: (session: Session, path: string, watcher: Watcher) =>
    session.request(op.addWatch, { path, mode: AddWatchMode.persistent }, { watcher }),
  recursive: (session: Session, path: string, watcher: Watcher) =>
    session.request(op.addWatch, { path, mode: AddWatchMode.persistentRecursive }, { watcher }),
}

/** Changes that a watch can tell of; each can be made twice. */
export const change = {
  data: (session: Session, path: string) => setData(session, path, 'changed'),
  child: (session: Session, path: string) => create(session, `${path}/`, 'persistent-sequential'),
  end: (session: Session, path: string) => remove(session, path),
  begin: (session: Session, path: string) => create(session, path),
}

/** A round trip: the server sends every event before the reply to what is asked after it. */
export const settled = (session: Session): Promise<boolean> => isThere(session, '/')
