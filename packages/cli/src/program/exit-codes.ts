/** Exit codes of the program. Scripts may rely on them; docs/cli.md lists them from here. */
export const ExitCode = {
  done: 0,
  no: 1,
  usage: 2,
  failed: 3,
  noNode: 4,
  noAuth: 5,
  noConnection: 6,
  unknown: 7,
  lost: 122,
  timeout: 124,
  notRun: 125,
  notExecutable: 126,
  notFound: 127,
  interrupted: 130,
  terminated: 143,
} as const

/** A name of an exit code. */
export type ExitName = keyof typeof ExitCode

/** The commands for which being stopped is the end of their work. */
const SERVERS = 'Not so `serve`, `console` and `sniff`: they run until they are stopped, and end with 0.'

/** Meaning of each exit code, as `zookit --help` and docs/cli.md print it. */
export const exitMeanings: Readonly<Record<ExitName, string>> = {
  done: 'The command did what it was asked.',
  no: 'The answer is no: trees differ, an ensemble is not healthy, a conformance case failed, `config -c` has nothing to connect to.',
  usage: 'The command line or the configuration is wrong. Nothing was sent.',
  failed:
    'The server refused the request, or it failed: that request changed nothing. A command of many requests tells what it did before.',
  noNode: 'The znode does not exist, or the file of `import` has nothing at or below `--from`.',
  noAuth:
    'The server does not allow it, or does not accept the credential. `find`, `ls -R`, `tree`, `du`, `diff`, `export`, `import` and `cp --resume` go on without the znodes that they must not read, tell of each on standard error, and end with this.',
  noConnection: 'There is no connection, or the session ended.',
  unknown: 'The request was sent, and may have been applied. Look before it is sent again.',
  lost: '`lock`, `elect`, `semaphore`: ownership was lost, and the command was ended.',
  timeout: 'The time given with `--wait` or `--timeout` was not enough.',
  notRun: '`lock`, `elect`, `semaphore`: zookit failed before the command was run.',
  notExecutable: '`lock`, `elect`, `semaphore`: the command cannot be executed.',
  notFound: '`lock`, `elect`, `semaphore`: the command was not found.',
  interrupted: `Ctrl-C ended it. ${SERVERS}`,
  terminated: `SIGTERM ended it. ${SERVERS}`,
}
