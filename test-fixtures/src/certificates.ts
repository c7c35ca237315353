import { readFileSync } from 'node:fs'

/** The throw-away certificates; `certs/README.md` tells what each is good and bad for. */
export type CertificateName = 'server' | 'wrong-host' | 'no-ip-name' | 'expired' | 'client' | 'stranger'

export interface Certificate {
  /** PEM. */
  cert: string
  /** PEM, PKCS #8. */
  key: string
}

function read(name: string): string {
  return readFileSync(new URL(`../certs/${name}`, import.meta.url), 'utf8')
}

/** Returns a certificate with its private key, as Node's TLS options `cert` and `key` take them. */
export function certificate(name: CertificateName): Certificate {
  return { cert: read(`${name}.crt`), key: read(`${name}.key`) }
}

/** The certificate `client` with its key in one file of PKCS #12, as Node's TLS option `pfx` takes it. */
export const clientPfx: { pfx: Buffer; passphrase: string } = {
  pfx: readFileSync(new URL('../certs/client.pfx', import.meta.url)),
  passphrase: 'zookit',
}

/** Returns the certificate of an authority, as Node's TLS option `ca` takes it. `other-ca` signed only `stranger`. */
export function authorityPem(name: 'ca' | 'other-ca' = 'ca'): string {
  return read(`${name}.crt`)
}
