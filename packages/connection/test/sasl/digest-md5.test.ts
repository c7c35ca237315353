import { expect } from 'chai'
import { digestMd5, proof } from '../../src/auth/digest-md5.ts'
import { parseDirectives, quoted } from '../../src/auth/directives.ts'
import type { SaslExchange } from '../../src/index.ts'

const NONCE = 'OA6MG9tEQGm2hh'
const SERVER = { host: 'zk', port: 2181, address: '127.0.0.1', isPrivate: true }

async function begun(username = 'joe', password = 'secret'): Promise<SaslExchange> {
  const exchange = await digestMd5(username, password).start(SERVER)
  expect(await exchange.step(Buffer.alloc(0))).to.deep.equal({ token: Buffer.alloc(0), isLast: false })
  return exchange
}

async function answerTo(challenge: string | Buffer, username?: string, password?: string): Promise<Buffer> {
  const { token, isLast } = await (await begun(username, password)).step(Buffer.from(challenge))
  expect(isLast).to.equal(true)
  return Buffer.from(token)
}

/** Returns the reason for which a challenge is refused. */
async function refusal(challenge: string): Promise<string> {
  return answerTo(challenge).then(
    () => 'none',
    (error: Error) => error.message,
  )
}

const challengeOf = (...more: string[]): string =>
  ['realm="zk-sasl-md5"', `nonce="${NONCE}"`, 'charset=utf-8', 'algorithm=md5-sess', ...more].join(',')

describe('The proof of DIGEST-MD5', () => {
  // The example of RFC 2831, 4.
  const example = {
    username: 'chris',
    password: 'secret',
    realm: 'elwood.innosoft.com',
    nonce: NONCE,
    cnonce: 'OA6MHXh6VqTrRk',
    uri: 'imap/elwood.innosoft.com',
  }

  it('A4 is that of the example in RFC 2831, of the client and of the server', () => {
    expect(proof(example, 'AUTHENTICATE')).to.equal('d388dad90d4bbd760a152321f2143af7')
    expect(proof(example, '')).to.equal('ea40f60335c427b5527b84dbabcdfffd')
  })

  it('A4 takes text in ISO 8859-1 where that has all its characters, else in UTF-8, each text by itself', () => {
    const hash = (username: string, password: string): string => proof({ ...example, username, password }, '')
    // Computed with Python's hashlib from the bytes that RFC 2831, 2.1.2.1, names.
    expect(hash('jürgen', 'pässwörd')).to.equal('d2d975f49ddc11f1accded482e25f4df')
    expect(hash('jürgen', 'пароль')).to.equal('62f1725a9331cb85514e2d8830512e1b')
  })
})

describe('The answer of DIGEST-MD5 to a challenge', () => {
  it('A4 repeats the nonce and the realm, and names the service of all ZooKeeper servers', async () => {
    const told = parseDirectives((await answerTo(challengeOf())).toString())
    expect(told.only('username')).to.equal('joe')
    expect(told.only('realm')).to.equal('zk-sasl-md5')
    expect(told.only('nonce')).to.equal(NONCE)
    expect(told.only('nc')).to.equal('00000001')
    expect(told.only('digest-uri')).to.equal('zookeeper/zk-sasl-md5')
    expect(told.only('qop')).to.equal('auth')
    expect(told.only('charset')).to.equal('utf-8')
    expect(told.only('cnonce')).to.have.lengthOf.above(20)
    expect(told.all('authzid')).to.deep.equal([])
  })

  it('A4 has another cnonce each time', async () => {
    const [first, second] = [await answerTo(challengeOf()), await answerTo(challengeOf())]
    expect(first.equals(second)).to.equal(false)
  })

  it('A4 escapes quotes and backslashes, and the password is not in it', async () => {
    const name = 'a"b\\c, realm="evil"'
    const text = (await answerTo(challengeOf(), name, 'secret')).toString()
    expect(parseDirectives(text).only('username')).to.equal(name)
    expect(parseDirectives(text).only('realm')).to.equal('zk-sasl-md5')
    expect(text).not.to.contain('secret')
  })

  it('A4 takes the first of several realms, and names none where the server has none', async () => {
    const told = parseDirectives((await answerTo(`realm="other",${challengeOf()}`)).toString())
    expect(told.only('realm')).to.equal('other')
    const without = await answerTo(`nonce="${NONCE}",algorithm=md5-sess,charset=utf-8`)
    expect(parseDirectives(without.toString()).all('realm')).to.deep.equal([])
  })

  it('A4 is in ISO 8859-1 for a server that does not say utf-8, which refuses other characters', async () => {
    const plain = `realm="zk-sasl-md5",nonce="${NONCE}",algorithm=md5-sess`
    expect((await answerTo(plain, 'jürgen')).includes(Buffer.from('"jürgen"', 'latin1'))).to.equal(true)
    const named = Buffer.from(`realm="zürich",nonce="${NONCE}",algorithm=md5-sess`, 'latin1')
    expect((await answerTo(named)).includes(Buffer.from('realm="zürich"', 'latin1'))).to.equal(true)
    expect(await answerTo(plain, 'юра').catch((error: Error) => error.message)).to.contain('ISO 8859-1')
  })

  const refused: Record<string, [challenge: string, reason: RegExp]> = {
    'no nonce': ['realm="x",algorithm=md5-sess', /0 values of nonce/],
    'two nonces': [challengeOf('nonce="again"'), /2 values of nonce/],
    'no algorithm': [`nonce="${NONCE}"`, /0 values of algorithm/],
    'another algorithm': [`nonce="${NONCE}",algorithm=md5`, /unknown algorithm/],
    'two charsets': [challengeOf('charset=utf-8'), /unknown charset/],
    'another charset': [`nonce="${NONCE}",algorithm=md5-sess,charset=koi8-r`, /unknown charset/],
    'protected messages only': [challengeOf('qop="auth-int,auth-conf"'), /qop/],
    'an open quote': [challengeOf('x="'), /not one of DIGEST-MD5/],
    'no directive': ['nonsense', /not one of DIGEST-MD5/],
    'a directive with an invalid name': ['a b=c', /not one of DIGEST-MD5/],
    'text behind a quoted value': [`nonce="${NONCE}"x,algorithm=md5-sess`, /not one of DIGEST-MD5/],
    'more bytes than the RFC allows': [challengeOf(`x=${'y'.repeat(2000)}`), /RFC 2831 allows 2047/],
  }
  for (const [what, [challenge, reason]] of Object.entries(refused)) {
    it(`A4 does not answer a challenge with ${what}`, async () => {
      expect(await refusal(challenge)).to.match(reason)
    })
  }

  it('A4 accepts one offer among several, spaces, and names in any case', async () => {
    const challenge = `Realm="r" , NONCE = "${NONCE}",, qop="auth-conf, auth",algorithm=md5-sess`
    expect(await refusal(challenge)).to.equal('none')
  })
})

describe("The server's proof in DIGEST-MD5", () => {
  const judge = async (answer: string | null): Promise<string> => {
    const exchange = await begun()
    await exchange.step(Buffer.from(challengeOf()))
    try {
      await exchange.verify(answer === null ? null : Buffer.from(answer))
      return 'none'
    } catch (error) {
      return (error as Error).message
    }
  }

  it('A4 is verified', async () => {
    const exchange = await begun()
    const told = parseDirectives(
      Buffer.from((await exchange.step(Buffer.from(challengeOf()))).token).toString(),
    )
    const right = proof(
      {
        username: 'joe',
        password: 'secret',
        realm: 'zk-sasl-md5',
        nonce: NONCE,
        cnonce: told.only('cnonce'),
        uri: 'zookeeper/zk-sasl-md5',
      },
      '',
    )
    exchange.verify(Buffer.from(`rspauth=${right}`))
  })

  it('A4 that is wrong shows an impostor', async () => {
    expect(await judge(`rspauth=${'0'.repeat(32)}`)).to.contain('may be an impostor')
    expect(await judge('rspauth=short')).to.contain('may be an impostor')
    expect(await judge('something=else')).to.contain('0 values of rspauth')
  })

  it('A4 that is missing shows a server which lets clients go on without an identity', async () => {
    for (const nothing of [null, '']) expect(await judge(nothing)).to.contain('allowSaslFailedClients')
  })
})

describe('A value in quotes', () => {
  it('A4 reads back as it was, whatever its characters', () => {
    for (const value of ['', '"', '\\', '\\"', 'a,b=c', ' x ', 'ü\u0000é']) {
      expect(parseDirectives(`v=${quoted(value)}`).only('v')).to.equal(value)
    }
  })
})
