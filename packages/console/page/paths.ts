/** Returns the last part of a path; of the root the slash. */
export function nameOf(path: string): string {
  return path === '/' ? '/' : path.slice(path.lastIndexOf('/') + 1)
}

/** Returns the path of the parent, null of the root. */
export function parentOf(path: string): string | null {
  return path === '/' ? null : path.slice(0, path.lastIndexOf('/')) || '/'
}

/** Joins a path and a name. */
export function below(path: string, name: string): string {
  return `${path === '/' ? '' : path}/${name}`
}

/** Lists a path and all above it, the root first. */
export function lineage(path: string): string[] {
  const parts = path.split('/').slice(1)
  if (path === '/') return ['/']
  return ['/', ...parts.map((_, i) => `/${parts.slice(0, i + 1).join('/')}`)]
}

const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/** Escapes what could hide in a name or turn its direction: control and format characters, halves of characters. */
export function visible(text: string): string {
  return text.replaceAll(UNSAFE, char => {
    const code = char.codePointAt(0)!
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
  })
}

/** Returns the address of a znode within the page. */
export function znodeHref(path: string): string {
  return `#/tree${path.split('/').map(encodeURIComponent).join('/')}`
}
