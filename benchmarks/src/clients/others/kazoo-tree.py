"""What a program does for a whole tree with kazoo, with the lines on stdin and stdout of budget/programs/tree.ts."""

import json
import sys
import time

from kazoo.client import KazooClient

client = None


def walk(path):
    yield path
    prefix = "" if path == "/" else path
    for name in client.get_children(path):
        yield from walk("%s/%s" % (prefix, name))


def export(path):
    for one in walk(path):
        yield one, client.get(one), client.get_acls(one)


def run(order):
    global client
    step, path = order["step"], order.get("path")
    if step == "connect":
        client = KazooClient(hosts=order["hosts"], timeout=30)
        client.start()
        return {"ms": 0}
    start = time.perf_counter()
    count = 0
    if step == "walk":
        count = sum(1 for _ in walk(path))
    elif step == "export":
        count = sum(1 for _ in export(path))
    elif step == "remove":
        client.delete(path, recursive=True)
    else:
        raise ValueError(step)
    return {"ms": (time.perf_counter() - start) * 1000, "count": count}


for line in sys.stdin:
    print(json.dumps(run(json.loads(line))), flush=True)
