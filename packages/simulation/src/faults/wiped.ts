import type { System } from '../system.ts'

/** The longest time in which clients take servers that have lost their data: a grace of 15 s, and their search. */
const LIMIT = 60_000

/**
 * Replaces the ensemble by one without data, as after the loss of all disks, and waits until every client has joined it.
 * The data that clients have seen is gone, so nothing else can be checked afterwards.
 */
export async function comeBackEmpty(system: System): Promise<void> {
  const { world, ensemble, settings } = system
  const { version, maxBuffer, options } = settings
  world.note('the servers come back empty')
  system.sessionsAreSwapped = true
  const size = ensemble.members.length
  const empty = await world.ensemble({ size, version, maxBuffer, tickTime: 200, recordRequests: false })
  if (options.chroot !== '') empty.seed({ [options.chroot.slice(1)]: null })
  for (const [index, member] of ensemble.members.entries()) {
    world.network.route(member.hosts, empty.members[index]!.hosts)
    await member.stop()
  }
  await world.sleep(1000)
  await system.connected(LIMIT)
}
