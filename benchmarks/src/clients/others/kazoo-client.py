"""kazoo through its asynchronous methods; the lines on stdin and stdout are those of support/cell.ts."""

import json
import os
import resource
import sys
import threading
import time

import kazoo
from kazoo.client import KazooClient

SAMPLE_EVERY = 61
created = 0


def say(message):
    print(json.dumps(message), flush=True)


def check(result):
    if result.exception is not None:
        say({"error": repr(result.exception)})
        os._exit(1)


def issue_for(cell, client):
    node, parent, data = cell["node"], cell["parent"], b"x" * int(cell["payload"])
    turn = [0]

    def mixed():
        turn[0] += 1
        return client.set_async(node, data) if turn[0] % 10 == 9 else client.get_async(node)

    def multi():
        transaction = client.transaction()
        for _ in range(10):
            transaction.set_data(node, data)
        return transaction.commit_async()

    def create_delete():
        global created
        path = "/bench/scratch/%d-%d" % (os.getpid(), created)
        created += 1
        client.create_async(path, data).rawlink(check)
        return client.delete_async(path)

    return {
        "getData": lambda: client.get_async(node),
        "setData": lambda: client.set_async(node, data),
        "exists": lambda: client.exists_async(node),
        "getChildren": lambda: client.get_children_async(parent, include_data=True),
        "mixed": mixed,
        "multi": multi,
        "createDelete": create_delete,
    }.get(cell["load"])


class Round:
    """Keeps requests in flight; callbacks come on one thread of kazoo's."""

    def __init__(self, issue, in_flight, seconds):
        self.issue = issue
        self.in_flight = in_flight
        self.sample_every = 1 if in_flight <= 16 else SAMPLE_EVERY
        self.until = time.perf_counter() + seconds
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self.issued = self.answered = 0
        self.samples = []

    def send(self):
        self.issued += 1
        sent_at = time.perf_counter() if self.issued % self.sample_every == 0 else None
        self.issue().rawlink(lambda result: self.done(result, sent_at))

    def done(self, result, sent_at):
        check(result)
        with self.lock:
            if sent_at is not None:
                self.samples.append((time.perf_counter() - sent_at) * 1e6)
            self.answered += 1
            if time.perf_counter() < self.until:
                self.send()
            elif self.answered == self.issued:
                self.ended.set()

    def run(self):
        with self.lock:
            for _ in range(self.in_flight):
                self.send()
        self.ended.wait()


def measure(issue, in_flight, seconds):
    before = resource.getrusage(resource.RUSAGE_SELF)
    start = time.perf_counter()
    round_ = Round(issue, in_flight, seconds)
    round_.run()
    took = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF)
    samples = sorted(round_.samples) or [0]
    return {
        "ops": round_.answered,
        "seconds": took,
        "user": (after.ru_utime - before.ru_utime) * 1e6,
        "system": (after.ru_stime - before.ru_stime) * 1e6,
        "p50": samples[len(samples) // 2],
        "p99": samples[int(len(samples) * 0.99)],
        "p999": samples[int(len(samples) * 0.999)],
        "rss": after.ru_maxrss * 1024,
    }


def main():
    cell = json.loads(sys.stdin.readline())
    client = KazooClient(hosts=cell["hosts"], timeout=30)
    issue = issue_for(cell, client) if cell["rate"] == 0 else None
    if issue is None:
        say({"skip": "does not do this load here"})
    else:
        client.start()
        say({"ready": True, "version": kazoo.__version__})
    for line in sys.stdin:
        say(measure(issue, cell["inFlight"], json.loads(line)["seconds"]))
    os._exit(0)


main()
