import { createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/** A certificate and its key, in PEM. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

const DAY = 86_400_000

/** Tags of DER, and the ids of ECDSA with SHA-256, of a common name and of further names, each with tag and length. */
const TAG = { integer: 2, bits: 3, bytes: 4, text: 12, time: 24, sequence: 48, set: 49 }
const ECDSA = Buffer.from('06082a8648ce3d040302', 'hex')
const COMMON_NAME = Buffer.from('0603550403', 'hex')
const FURTHER_NAMES = Buffer.from('0603551d11', 'hex')

/** Tags in a certificate: its version and its extensions, and a DNS name and an address among the further names. */
const PART = { version: 0xa0, extensions: 0xa3, dns: 0x82, address: 0x87 }

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const { length } = body
  const head =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length]
  return Buffer.concat([Buffer.from(head), body])
}

const sequence = (...parts: readonly Buffer[]): Buffer => der(TAG.sequence, ...parts)
const bits = (bytes: Buffer): Buffer => der(TAG.bits, Buffer.of(0), bytes)

function time(at: number): Buffer {
  const digits = new Date(at).toISOString().replace(/\.\d+|\D/g, '')
  return der(TAG.time, Buffer.from(`${digits}Z`))
}

/**
 * Makes a certificate of this machine's loopback address that has signed itself, with a key of its own. Nothing of it is kept on
 * disk: it lives as long as the process.
 *
 * @param days the time for which it is valid.
 */
export function selfSigned(name: string, days: number, now: number = Date.now()): Certificate {
  const keys = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const subject = sequence(der(TAG.set, sequence(COMMON_NAME, der(TAG.text, Buffer.from(name)))))
  const names = sequence(der(PART.dns, Buffer.from('localhost')), der(PART.address, Buffer.of(127, 0, 0, 1)))
  const body = sequence(
    der(PART.version, der(TAG.integer, Buffer.of(2))),
    // The first byte keeps it positive, and without a zero that could be left out.
    der(TAG.integer, Buffer.concat([Buffer.of(1), randomBytes(15)])),
    sequence(ECDSA),
    subject,
    sequence(time(now - DAY), time(now + days * DAY)),
    subject,
    keys.publicKey,
    der(PART.extensions, sequence(sequence(FURTHER_NAMES, der(TAG.bytes, names)))),
  )
  const signature = sign('sha256', body, createPrivateKey(keys.privateKey))
  const whole = sequence(body, sequence(ECDSA), bits(signature))
  const lines = whole.toString('base64').replace(/.{64}/g, '$&\n').trimEnd()
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: keys.privateKey,
  }
}
