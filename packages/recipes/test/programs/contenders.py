"""kazoo's contenders and members. Usage: contenders.py HOSTS.

Takes lines `election PATH ID`, `lock PATH ID PATTERN...`, `write` likewise, `end ID`, `join PATH ID` and
`members PATH`, and prints `ready`, `holds ID`, `ended ID`, `joined ID` and `members A,B`.
"""
import sys
import threading

from kazoo.client import KazooClient

running = {}


def say(*words):
    print(*words, flush=True)


def hold(name, run):
    """Runs a thread that holds what `run` enters until the line `end`."""
    end = running[name] = threading.Event()

    def work():
        say('holds', name)
        end.wait()

    def thread():
        run(work)
        say('ended', name)

    threading.Thread(target=thread, daemon=True).start()


def locked(lock):
    def run(work):
        with lock:
            work()
    return run


def main():
    zk = KazooClient(sys.argv[1])
    zk.start()
    say('ready')
    for line in sys.stdin:
        kind, path, *words = line.split()
        if kind == 'election':
            hold(words[0], zk.Election(path, words[0]).run)
        elif kind == 'lock':
            hold(words[0], locked(zk.Lock(path, words[0], extra_lock_patterns=words[1:])))
        elif kind == 'write':
            hold(words[0], locked(zk.WriteLock(path, words[0], extra_lock_patterns=words[1:])))
        elif kind == 'join':
            zk.Party(path, words[0]).join()
            say('joined', words[0])
        elif kind == 'members':
            say('members', ','.join(sorted(zk.Party(path))))
        else:
            running.pop(path).set()
    zk.stop()


main()
