import type { Secret, Session } from '@zookit/connection'
import { surplus, tooMany, withSubject } from './invalid-argument.ts'

/** The arguments of a call, of which there may be too many. */
type Arguments = [scheme: string, auth?: Secret | undefined]

/** Presents an identity. See `ZooKeeper.addAuth`. Rejects, never throws. */
export function addAuth(session: Session, ...args: [scheme: string, auth: Secret]): Promise<void> {
  return args.length > 2 ? surplus('addAuth', 2) : session.addAuth(...args)
}

/** Takes an identity off. See `ZooKeeper.removeAuth`. */
export function removeAuth(session: Session, ...args: Arguments): boolean {
  if (args.length > 2) throw withSubject(tooMany(2), 'removeAuth')
  return session.removeAuth(...args)
}
