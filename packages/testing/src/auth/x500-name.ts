// The names that Java's X500Principal accepts, from which Apache's server checks an id of the x509 scheme.

const KEYWORDS =
  'CN|C|L|S|ST|O|OU|T|IP|STREET|DC|DNQ|DNQUALIFIER|SURNAME|GIVENNAME|INITIALS|GENERATION|EMAIL|EMAILADDRESS|UID|SERIALNUMBER'
const OID = '(?:OID\\.)?(?:[01]\\.[1-3]?\\d|2\\.\\d+)(?:\\.\\d+)*'
const ESCAPE = '\\\\(?:[,=+<>#;"\\\\\\s]|[0-9a-f]{2})'
const QUOTED = `\\s*"(?:[^"\\\\]|${ESCAPE})*"\\s*`
const HEX = '\\s*#(?:[0-9a-f]{2})+\\s*'
const PLAIN = `(?!\\s*[#"])(?:[^,;+<>"\\\\]|${ESCAPE})*`
const PART = `\\s*(?:${KEYWORDS}|${OID})\\s*=(?:${QUOTED}|${HEX}|${PLAIN})`
const NAME = new RegExp(`^(?:${PART}(?:[,;+]${PART})*)?$`, 'i')

/** Tells if text is a distinguished name, such as `CN=joe,O=Acme`. The empty name is one. */
export function isX500Name(text: string): boolean {
  return NAME.test(text)
}
