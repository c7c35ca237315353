import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'

/** The folder of the built page: `dist/page` of the package, from the sources and from the bundle alike. */
const BUILT = new URL('../dist/page/', import.meta.url)

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
}

/** A file of the page. */
export interface Asset {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly type: string
}

/** The names that there are: no path of a request reaches the file system. */
const NAMES = new Set(['index.html', 'page.js', 'page.css', 'icon.svg'])

/** Reads the files of the page, each once. */
export class Assets {
  readonly #folder: URL
  readonly #read = new Map<string, Promise<Asset>>()

  /** @param folder of the built page. Default that of the package. */
  constructor(folder: URL = BUILT) {
    this.#folder = folder
  }

  /** Returns a file of the page, or null if there is none of that name. @throws Error if the page is not built. */
  get(name: string): Promise<Asset> | null {
    if (!NAMES.has(name)) return null
    const known = this.#read.get(name) ?? this.#load(name)
    this.#read.set(name, known)
    return known
  }

  async #load(name: string): Promise<Asset> {
    try {
      return {
        bytes: new Uint8Array(await readFile(new URL(name, this.#folder))),
        type: TYPES[extname(name)]!,
      }
    } catch (error) {
      this.#read.delete(name)
      throw new Error(`the page is not built: run \`npx -y pnpm@12 build\` (${(error as Error).message})`)
    }
  }
}
