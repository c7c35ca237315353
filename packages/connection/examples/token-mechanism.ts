import { createHmac } from 'node:crypto'
import type { SaslMechanism } from '@zookit/connection'

/** A token that the server trusts, and a server that proves itself by the same secret. */
export const tokenMechanism = (secret: string): SaslMechanism => ({
  name: 'X-TOKEN',
  principal: 'app', // for errors
  needsPrivacy: false, // true if a listener could make use of what is sent
  start() {
    let challenge = ''
    return {
      // The first call has an empty challenge. `isLast`: the server's answer goes to `verify`.
      step(bytes) {
        challenge = Buffer.from(bytes).toString()
        if (challenge === '') return { token: Buffer.from('app'), isLast: false }
        return { token: createHmac('sha256', secret).update(challenge).digest(), isLast: true }
      },
      verify(answer) {
        const expected = createHmac('sha256', secret).update(`server ${challenge}`).digest()
        if (answer === null || !expected.equals(answer))
          throw new Error('the server does not know the secret')
      },
    }
  },
})
