/** Decodes base64. @returns null if it is none: `Buffer.from` would leave out whatever it does not know. */
export function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : null
}
