"""kazoo's Lock, driven by lines on its input: JSON {"load", "seconds", "path", "clients"}. Usage: kazoo-locks.py HOSTS."""

import json
import sys
import threading
import time

import kazoo.version
from kazoo.client import KazooClient

hosts = sys.argv[1]
clients = []


def client(index):
    while len(clients) <= index:
        zk = KazooClient(hosts=hosts, timeout=30.0)
        zk.start()
        clients.append(zk)
    return clients[index]


def cycles(zk, path, end, counts, index):
    lock = zk.Lock(path)
    count = 0
    while time.monotonic() < end:
        lock.acquire()
        count += 1
        lock.release()
    counts[index] = count


def measure(task):
    number = task["clients"]
    zks = [client(index) for index in range(number)]
    zks[0].ensure_path(task["path"])
    counts = [0] * number
    start = time.monotonic()
    end = start + task["seconds"]
    threads = [
        threading.Thread(target=cycles, args=(zk, task["path"], end, counts, index))
        for index, zk in enumerate(zks)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.monotonic() - start)


print(json.dumps({"version": kazoo.version.__version__}), flush=True)
for line in sys.stdin:
    print(json.dumps({"perSecond": measure(json.loads(line))}), flush=True)
for zk in clients:
    zk.stop()
