/** Text of OpenSSL about a peer whose bytes are no TLS. */
const NO_TLS = /wrong version number|packet length too long|http request|unknown protocol/

/** The parts of OpenSSL's text, of which the last one is for people: `…:error:0A00010B:SSL routines:f:wrong version number:…`. */
const OPENSSL = /error:[0-9A-F]{8}:[^:]*:[^:]*:([^:\n]+)/i

/** The kinds of records with which a server answers what is no TLS, and the version that they have. */
const [ALERT, HANDSHAKE, VERSION] = [0x15, 0x16, 3]

/** Tells an error of TLS in a few words, without what OpenSSL says for its developers. */
export function tlsReason(error: Error): string {
  return OPENSSL.exec(error.message)?.[1] ?? error.message.trim()
}

/** Tells if the peer does not speak TLS. */
export function speaksNoTls(error: Error): boolean {
  return NO_TLS.test(tlsReason(error))
}

/** Tells of options that Node refuses, such as a file that is no certificate. */
export function unusableTls(error: Error): string {
  return `the tls options cannot be used: check tls.key, tls.cert, tls.passphrase and tls.ca (${tlsReason(error)})`
}

/** Tells if bytes that should be text are those of TLS. */
export function isTlsRecord([kind, version]: Uint8Array): boolean {
  return (kind === ALERT || kind === HANDSHAKE) && version === VERSION
}
