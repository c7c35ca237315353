// The limits that the page and its server share.

/** Znodes whose children one page may list. */
export const MOST_FOLDERS = 2000
/** Rows whose Stats a page may ask for at once. */
export const MOST_ROWS = 500
/** Milliseconds between two signs of life on a stream. */
export const BEAT = 15_000
