import type { Entry, Outcome } from '../../../src/real/entries.ts'
import type { RunResult } from '../../../src/real/run.ts'

/** The machine's time when the run began, in milliseconds. */
export const BEGIN = 50_000

/** Text that a page must show as it is: as a part of the page it would run. */
export const HOSTILE = `</script><img src="x" onerror="window.stolen = 1">'&`

const state = (at: number, name: string, server: string | null): Entry => ({
  kind: 'state',
  at: BEGIN + at,
  state: name,
  session: '0x1',
  server,
})

function call(id: number, at: number, took: number, outcome: Outcome): Entry[] {
  const from = BEGIN + at
  return [
    { kind: 'call', id, at: from, load: 'registers', action: 'swap', path: '/registers/a' },
    { kind: 'end', id, at: from + took, outcome },
  ]
}

/** Returns the record of a run of ten seconds with two clients, one of which was killed, and two faults that meet. */
export function recordedRun(given: Partial<RunResult> = {}): RunResult {
  const fault = { since: BEGIN + 2000, until: BEGIN + 4000 }
  return {
    seed: '7',
    release: '3.9.5',
    from: BEGIN,
    to: BEGIN + 10_000,
    faults: [
      { ...fault, kind: 'kill a member', who: 'member 2', from: BEGIN + 2000, to: BEGIN + 4000 },
      {
        ...fault,
        kind: 'cut a client off from all members',
        who: 'ann',
        from: BEGIN + 3000,
        to: Number.POSITIVE_INFINITY,
      },
    ],
    leftOut: [],
    histories: [
      {
        client: 'ann',
        life: 1,
        entries: [
          state(0, 'connected', '10.0.0.2:2181'),
          ...call(1, 1100, 4, 'applied'),
          ...call(2, 1200, 40, 'applied'),
          state(2000, 'suspended', null),
          ...call(3, 2100, 20, 'unknown'),
          ...call(4, 2200, 20, 'not-sent'),
          ...call(5, 2300, 20, 'rejected'),
          state(5000, 'expired', null),
          state(6000, 'connected', '10.0.0.1:2181'),
          { kind: 'grant', id: 6, at: BEGIN + 6500, path: '/locks/a', token: '9', session: '0x1' },
        ],
      },
      { client: 'bob', life: 1, entries: [state(0, 'connected', HOSTILE), ...call(1, 2900, 0, 'applied')] },
      { client: 'bob', life: 2, entries: [state(8000, 'connected', '10.0.0.3:2181')] },
    ],
    modes: [
      { at: BEGIN, member: 1, mode: 'follower' },
      { at: BEGIN, member: 2, mode: 'leader' },
      { at: BEGIN + 500, member: 1, mode: 'follower' },
      { at: BEGIN + 2000, member: 2, mode: null },
      { at: BEGIN + 2500, member: 1, mode: 'leader' },
    ],
    commits: 12_345,
    hole: null,
    violations: [],
    ...given,
  }
}
