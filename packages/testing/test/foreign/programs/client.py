"""Drives kazoo through the transcript that ../transcript.ts states. Usage: client.py HOSTS."""
import sys
import threading

from kazoo.client import KazooClient
from kazoo.exceptions import BadVersionError, NoAuthError, NoNodeError
from kazoo.security import make_digest_acl

TIME_LIMIT = 20


def say(*words):
    print(*words, flush=True)


def children(zk):
    say('children', *sorted(zk.get_children('/app')))


def events(zk):
    seen = []
    arrived = threading.Semaphore(0)

    def note(event):
        seen.append(event)
        arrived.release()

    zk.get('/app', watch=note)
    zk.set('/app', b'v3')
    arrived.acquire(timeout=TIME_LIMIT)
    say('event', seen[-1].type, seen[-1].path)
    zk.get_children('/app', watch=note)
    zk.create('/app/c')
    arrived.acquire(timeout=TIME_LIMIT)
    say('event', seen[-1].type, seen[-1].path)
    zk.delete('/app/c')


def transactions(zk):
    good = zk.transaction()
    good.create('/app/m', b'made')
    good.set_data('/app', b'v4')
    say('multi', 'done' if good.commit()[0] == '/app/m' else 'failed')
    bad = zk.transaction()
    bad.create('/app/n')
    bad.check('/app', 99)
    say('multi', 'refused' if isinstance(bad.commit()[1], BadVersionError) else 'failed')


def secrets(zk, hosts):
    zk.add_auth('digest', 'alice:secret')
    zk.create('/app/secret', b'hidden', acl=[make_digest_acl('alice', 'secret', all=True)])
    say('owner reads', zk.get('/app/secret')[0].decode())
    (acl,), _ = zk.get_acls('/app/secret')
    say('acl', acl.id.scheme, acl.id.id, acl.perms)
    other = KazooClient(hosts)
    other.start()
    try:
        other.get('/app/secret')
    except NoAuthError:
        say('stranger refused')
    return other


def reconnect(zk):
    """kazoo re-arms no watch of its own accord: its DataWatch does, which is what its users are told to use."""
    arrived = threading.Event()
    session = zk.client_id[0]
    # kazoo takes what a watcher returns for whether to go on: False ends the watch.
    zk.DataWatch('/app', lambda data, stat: arrived.set() if data == b'v5' else None)
    say('drop')
    sys.stdin.readline()
    stat = zk.retry(zk.exists, '/app/e')
    say('session', 'kept' if stat.owner_session_id == zk.client_id[0] == session else 'lost')
    say('owner reads', zk.retry(zk.get, '/app/secret')[0].decode())
    zk.retry(zk.set, '/app', b'v5')
    say('event', 'CHANGED' if arrived.wait(TIME_LIMIT) else 'missing', '/app')


def main(hosts):
    zk = KazooClient(hosts)
    zk.start()
    say('create', zk.create('/app', b'v1'))
    data, stat = zk.get('/app')
    say('get', data.decode(), stat.version)
    say('set', zk.set('/app', b'v2').version)
    zk.create('/app/e', ephemeral=True)
    say('ephemeral', 'mine' if zk.exists('/app/e').owner_session_id == zk.client_id[0] else 'not mine')
    say('sequence', zk.create('/app/s-', sequence=True))
    say('sequence', zk.create('/app/s-', sequence=True))
    children(zk)
    events(zk)
    try:
        zk.set('/app', b'', version=99)
    except BadVersionError:
        say('bad version')
    transactions(zk)
    children(zk)
    other = secrets(zk, hosts)
    reconnect(zk)
    zk.delete('/app/m')
    try:
        zk.get('/app/m')
    except NoNodeError:
        say('deleted')
    zk.stop()
    say('ephemeral', 'gone' if other.exists('/app/e') is None else 'left')
    other.stop()


main(sys.argv[1])
