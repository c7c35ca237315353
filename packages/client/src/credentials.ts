import type { Secret, Session } from '@zookit/connection'
import { secretCheck } from './arguments.ts'
import { checkArgument, text } from './checks.ts'
import { refused, tooMany, withSubject } from './invalid-argument.ts'

/** The arguments of a call, of which there may be too many. */
type Arguments = [scheme: string, auth?: Secret | undefined]

/** Presents an identity. See `ZooKeeper.addAuth`. Rejects, never throws. */
export function addAuth(session: Session, ...args: [scheme: string, auth: Secret]): Promise<void> {
  try {
    check(args)
    checkArgument('auth', args[1], secretCheck)
    return session.addAuth(...args)
  } catch (error) {
    return refused(error, 'addAuth')
  }
}

/** Takes an identity off. See `ZooKeeper.removeAuth`. */
export function removeAuth(session: Session, ...args: Arguments): boolean {
  try {
    check(args)
    if (args[1] !== undefined) checkArgument('auth', args[1], secretCheck)
    return session.removeAuth(...args)
  } catch (error) {
    throw withSubject(error, 'removeAuth')
  }
}

function check(args: Arguments): void {
  if (args.length > 2) throw tooMany(2)
  checkArgument('the scheme', args[0], text)
}
