import { createHash, timingSafeEqual } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { secureHeaders } from 'hono/secure-headers'

/** The names under which this machine reaches itself. */
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]'])

/** Header of the page's own requests: a form cannot send it, and a script of another site may not. */
const OWN_HEADER = 'x-zookit-console'

/** The rules of who may ask. */
export interface GuardOptions {
  /** The secret of the address that the console prints, and of the cookie. */
  readonly token: string
  /** Host names that a request may be sent to, beside those of this machine: in lower case, without ports. A console that listens adds its own. */
  readonly allowedHosts: ReadonlySet<string>
}

/** Returns true for equal secrets, in a time that tells nothing of them. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

/** Returns the secret of the cookie: one that has read the cookie does not know the token of the address. */
function cookieSecret(token: string): string {
  return createHash('sha256').update(`zookit console cookie ${token}`).digest('base64url')
}

/** Returns the cookie's name. Cookies know no ports: two consoles of one machine must not take each other's. */
function cookieName(context: Context): string {
  const port = /:(\d+)$/.exec(hostOf(context))?.[1] ?? 'default'
  return `zookit-console-${port}`
}

/** Returns the host that a request was sent to, with its port. */
function hostOf({ req }: Context): string {
  return req.header('host') ?? new URL(req.url).host
}

/** Returns the name of a Host header without its port, in lower case. */
function hostname(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, '')
}

/** Sets the headers that keep data from being run, framed or remembered. */
export function headers(): MiddlewareHandler {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", 'blob:'],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
      // No string of a znode can become markup, even by a mistake of the page.
      requireTrustedTypesFor: ["'script'"],
      trustedTypes: ["'none'"],
    },
    referrerPolicy: 'no-referrer',
    xFrameOptions: 'DENY',
    crossOriginOpenerPolicy: 'same-origin',
    crossOriginResourcePolicy: 'same-origin',
    strictTransportSecurity: false,
  })
}

/**
 * Refuses whatever another site could have made the browser send: a Host that is not this console's (DNS rebinding), an Origin of
 * another site, and a request that the browser itself calls cross-site.
 */
export function sameSite({ allowedHosts }: GuardOptions): MiddlewareHandler {
  return async (context, next) => {
    const host = hostOf(context)
    if (!LOOPBACK.has(hostname(host)) && !allowedHosts.has(hostname(host)))
      return refuse(context, 421, 'BAD_HOST', 'This console does not answer for that host name.')
    const origin = context.req.header('origin')
    const own = `${schemeOf(context)}://${host.toLowerCase()}`
    // As text: a browser sends nothing but scheme, host and port, and a URL would forgive a user's name in it.
    if (origin !== undefined && origin.toLowerCase() !== own)
      return refuse(
        context,
        403,
        'BAD_ORIGIN',
        `This console answers to its own pages only, and takes itself for ${own}. A proxy in front of it that ends TLS must send X-Forwarded-Proto.`,
      )
    const site = context.req.header('sec-fetch-site')
    // A link of another site may open the page, and nothing else: an answer would become a download or a document of its own.
    const opensPage =
      context.req.header('sec-fetch-mode') === 'navigate' &&
      context.req.method === 'GET' &&
      context.req.path === '/'
    if (site !== undefined && site !== 'same-origin' && site !== 'none' && !opensPage)
      return refuse(context, 403, 'BAD_ORIGIN', 'This console answers to its own pages only.')
    return next()
  }
}

/**
 * Returns the scheme of the console's own address. A proxy that ends TLS tells it; another site cannot make the browser send that
 * header without asking first, which is refused.
 */
function schemeOf({ req }: Context): string {
  const [told = ''] = (req.header('x-forwarded-proto') ?? '').split(',')
  return told.trim().toLowerCase() || new URL(req.url).protocol.slice(0, -1)
}

/** Lets only those pass who have the cookie; whoever writes must also send the header of the page. */
export function signedIn({ token }: GuardOptions): MiddlewareHandler {
  const secret = cookieSecret(token)
  return async (context, next) => {
    const cookie = getCookie(context, cookieName(context))
    if (cookie === undefined || !isSame(cookie, secret))
      return refuse(
        context,
        401,
        'NO_TOKEN',
        'Open the address that the console has printed: it has the token.',
      )
    if (context.req.method !== 'GET' && context.req.header(OWN_HEADER) === undefined)
      return refuse(context, 403, 'BAD_ORIGIN', `The header ${OWN_HEADER} is missing.`)
    return next()
  }
}

/** Exchanges the token of the address for the cookie. @returns null if there is no token in the address. */
export function exchange(context: Context, { token }: GuardOptions): Response | null {
  const given = context.req.query('token')
  if (given === undefined) return null
  if (!isSame(given, token))
    return refuse(context, 401, 'NO_TOKEN', 'The token of the address is not that of this console.')
  setCookie(context, cookieName(context), cookieSecret(token), {
    httpOnly: true,
    sameSite: 'Strict',
    path: '/',
    secure: schemeOf(context) === 'https',
  })
  // The token leaves the address bar; the fragment, which has the place in the page, stays with the browser.
  // Relative: the console may be mounted below a path.
  return context.redirect('./', 303)
}

/** The variable of a request that the guard has refused: the reason. */
const REFUSAL = 'refusal'

/** Calls back with each POST that the guard refuses, and with the reason. */
export function refusedPosts(note: (context: Context, reason: string) => void): MiddlewareHandler {
  return async (context, next) => {
    await next()
    const reason: unknown = context.get(REFUSAL)
    if (context.req.method === 'POST' && typeof reason === 'string') note(context, reason)
  }
}

/** Answers a refusal, as JSON to the page and as text to a person. */
function refuse(context: Context, status: 401 | 403 | 421, code: string, message: string): Response {
  context.set(REFUSAL, message)
  return context.json({ code, message, advice: null }, status)
}
