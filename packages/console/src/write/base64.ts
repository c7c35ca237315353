/** Decodes base64. @returns null for other text, of which `Buffer.from` would leave a part out. */
export function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : null
}
