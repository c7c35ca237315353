import { expect } from 'chai'
import { isLive, nextState, type SessionState, type SessionTrigger, transitions } from '../src/index.ts'

const STATES: SessionState[] = [
  'connecting',
  'connected',
  'suspended',
  'read-only',
  'expired',
  'auth-failed',
  'closed',
]
const TRIGGERS: SessionTrigger[] = [
  'established',
  'established-read-only',
  'lost',
  'expire',
  'renew',
  'refuse-auth',
  'close',
]

describe('The states of a session', () => {
  it('have a row each, and know no other triggers', () => {
    expect(Object.keys(transitions)).to.have.members(STATES)
    for (const row of Object.values(transitions)) expect(TRIGGERS).to.include.members(Object.keys(row))
  })

  it('change as listed here, and in no other way', () => {
    const listed: Record<SessionState, Partial<Record<SessionTrigger, SessionState>>> = {
      connecting: {
        established: 'connected',
        'established-read-only': 'read-only',
        expire: 'expired',
        'refuse-auth': 'auth-failed',
        close: 'closed',
      },
      connected: { lost: 'suspended', expire: 'expired', 'refuse-auth': 'auth-failed', close: 'closed' },
      suspended: {
        established: 'connected',
        'established-read-only': 'read-only',
        expire: 'expired',
        'refuse-auth': 'auth-failed',
        close: 'closed',
      },
      'read-only': { lost: 'suspended', expire: 'expired', 'refuse-auth': 'auth-failed', close: 'closed' },
      expired: { renew: 'connecting', close: 'closed' },
      'auth-failed': { close: 'closed' },
      closed: {},
    }
    for (const state of STATES) {
      for (const trigger of TRIGGERS) {
        const next = listed[state][trigger] ?? state
        expect(nextState(state, trigger), `${state}, ${trigger}`).to.equal(next)
      }
    }
  })

  it('end permanently: closed is left by nothing, auth-failed only by closing', () => {
    for (const trigger of TRIGGERS) {
      expect(nextState('closed', trigger)).to.equal('closed')
      if (trigger !== 'close') expect(nextState('auth-failed', trigger)).to.equal('auth-failed')
    }
  })

  it('never go from expired to connected but through a new session', () => {
    expect(nextState('expired', 'established')).to.equal('expired')
    expect(nextState('expired', 'renew')).to.equal('connecting')
  })

  it('accept requests in two of them', () => {
    expect(STATES.filter(isLive)).to.deep.equal(['connected', 'read-only'])
  })
})
