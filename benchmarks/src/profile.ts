import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

/** The part of a file of `node --cpu-prof` that is read here. */
export interface CpuProfile {
  nodes: readonly { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[]
  samples: readonly number[]
  /** Microseconds from one sample to the next. */
  timeDeltas: readonly number[]
}

/** A function, and its own share of the busy time, without the functions that it called. */
export interface Hot {
  where: string
  share: number
}

const IDLE = ['(idle)', '(program)', '(root)']

function nameOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  const file = url === '' ? '' : ` ${basename(url)}:${lineNumber + 1}`
  return `${functionName || '(anonymous)'}${file}`
}

/** Returns the `count` functions that took most of the busy time themselves. */
export function hottest({ nodes, samples, timeDeltas }: CpuProfile, count: number): Hot[] {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
  const times = new Map<string, number>()
  for (const [index, id] of samples.entries()) {
    const name = names.get(id)!
    if (!IDLE.includes(name)) times.set(name, (times.get(name) ?? 0) + (timeDeltas[index] ?? 0))
  }
  const total = [...times.values()].reduce((sum, time) => sum + time, 0)
  const sorted = [...times].sort(([, a], [, b]) => b - a).slice(0, count)
  return sorted.map(([where, time]) => ({ where, share: time / total }))
}

/** Describes the profiles in a directory, each with its hottest functions. */
export function describeProfiles(directory: string, count = 15): string {
  const files = readdirSync(directory).filter(file => file.endsWith('.cpuprofile'))
  const texts = files.map(file => {
    const profile = JSON.parse(readFileSync(join(directory, file), 'utf8')) as CpuProfile
    const lines = hottest(profile, count).map(
      ({ where, share }) => `  ${(share * 100).toFixed(1).padStart(5)} %  ${where}`,
    )
    return [join(directory, file), ...lines].join('\n')
  })
  return texts.join('\n\n')
}
