"""Plays episodes in lockstep with palmal, which docs/protocol.md describes. Needs Python 3.8 and nothing else."""
import json
import os
import select
import socket
import struct
import sys
import time

BEGIN, OBSERVE, ACT, END, ERROR = 1, 2, 3, 4, 255
ABORTED = 1


class Link:
    """Frames over the standard streams (palmal started this process), or over a socket (it listens there)."""

    def __init__(self, address=None):
        if address is None:
            self.source, self.sink, sys.stdout = sys.stdin.fileno(), os.dup(sys.stdout.fileno()), sys.stderr
        else:
            kind, _, rest = address.partition(":")
            host, _, port = rest.rpartition(":")
            self.socket = socket.socket(socket.AF_UNIX) if kind == "unix" else socket.socket()
            self.socket.connect(rest if kind == "unix" else (host or "127.0.0.1", int(port)))
            self.source = self.sink = self.socket.fileno()
        self.buffer = b""
        while b"\n" not in self.buffer:
            self.fill(None)
        line, self.buffer = self.buffer.split(b"\n", 1)
        self.task = json.loads(line)

    def fill(self, deadline):
        """Reads what is there; reports False when nothing came by the deadline."""
        wait = None if deadline is None else max(0, deadline - time.monotonic())
        if not select.select([self.source], [], [], wait)[0]:
            return False
        data = os.read(self.source, 65536)
        if not data:
            raise SystemExit  # palmal has ended
        self.buffer += data
        return True

    def receive(self, deadline=None):
        while len(self.buffer) < 5 or len(self.buffer) < 5 + struct.unpack_from("<I", self.buffer, 1)[0]:
            if not self.fill(deadline):
                return None, b""
        op, size = struct.unpack_from("<BI", self.buffer)
        payload, self.buffer = self.buffer[5:5 + size], self.buffer[5 + size:]
        if op == ERROR:
            raise SystemExit("palmal: " + payload.decode())
        return op, payload

    def write(self, data):
        while data:
            data = data[os.write(self.sink, data):]


def serve(robot, link):
    """Plays episodes until palmal ends. The robot is the clock: reset() -> obs, apply(action) -> (action applied, obs)
    when the step is over, safe() -> action, now() -> seconds, stopped() -> bool, end()."""
    o, a = len(link.task["observation"]), len(link.task["action"])
    link.write(json.dumps({"protocol": 1, "name": type(robot).__name__, "observation": o, "action": a}).encode() + b"\n")
    while True:
        op, _ = link.receive()
        if op != BEGIN:
            continue  # late answers of the episode before
        step, missed, applied, obs = 0, 0, [0.0] * a, robot.reset()
        while True:
            stopped = robot.stopped()
            head = struct.pack("<IBId", step, ABORTED if stopped else 0, missed, robot.now())
            link.write(struct.pack("<BI", OBSERVE, len(head) + 8 * (a + o)) + head + struct.pack(f"<{a + o}d", *applied, *obs))
            if stopped:
                break
            deadline, action = time.monotonic() + link.task["budget"], None
            while action is None and op is not None and op != END:
                op, payload = link.receive(deadline)
                if op == ACT and struct.unpack_from("<I", payload)[0] == step:
                    action = list(struct.unpack_from(f"<{a}d", payload, 4))
            if op == END:
                break
            if action is None:  # no answer in time
                action, missed = robot.safe(), missed + 1
            op, (applied, obs) = ACT, robot.apply(action)
            step += 1
        robot.end()
