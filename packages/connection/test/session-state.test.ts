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

  it('change only as the table says', () => {
    for (const state of STATES) {
      for (const trigger of TRIGGERS) {
        expect(nextState(state, trigger)).to.equal(transitions[state][trigger] ?? state)
      }
    }
  })

  it('end for good: closed is left by nothing, auth-failed only by closing', () => {
    for (const trigger of TRIGGERS) {
      expect(nextState('closed', trigger)).to.equal('closed')
      if (trigger !== 'close') expect(nextState('auth-failed', trigger)).to.equal('auth-failed')
    }
  })

  it('never go from expired to connected but through a new session', () => {
    expect(nextState('expired', 'established')).to.equal('expired')
    expect(nextState('expired', 'renew')).to.equal('connecting')
  })

  it('carry requests in two of them', () => {
    expect(STATES.filter(isLive)).to.deep.equal(['connected', 'read-only'])
  })
})
