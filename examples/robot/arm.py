"""A joint that is simulated outside palmal, as a stand-in for a real one: it sees 20 ms late and with noise, and
loses two frames of a hundred. Plays in lockstep (arm.py [unix:PATH|tcp:HOST:PORT]) or by files (arm.py inbox:FOLDER)."""
import json
import math
import os
import random
import struct
import sys
import time

import lockstep

STEP, INNER, LATENCY, LOST, NOISE = 0.05, 0.005, 0.02, 0.02, 0.002
INERTIA, FRICTION, TORQUE = 0.05, 0.1, 2.0


class Arm:
    def __init__(self, seed):
        self.random, self.clock = random.Random(seed), 0.0

    def reset(self):
        self.angle, self.rate, self.torque = self.random.uniform(-0.1, 0.1), 0.0, 0.0
        self.target = self.random.uniform(-1.5, 1.5)
        self.past = [(self.angle, self.rate)] * (1 + round(LATENCY / INNER))
        self.seen = self.look()
        return self.observation()

    def look(self):
        angle, rate = self.past[0]
        return angle + self.random.gauss(0, NOISE), rate + self.random.gauss(0, 10 * NOISE)

    def observation(self):
        return [*self.seen, self.torque, self.target]

    def apply(self, action):
        if self.random.random() >= LOST:  # else the command is lost, and the motor keeps its torque
            self.torque = action[0]
        for _ in range(round(STEP / INNER)):
            self.rate += INNER * (TORQUE * self.torque - FRICTION * self.rate) / INERTIA
            self.angle += INNER * self.rate
            self.past = self.past[1:] + [(self.angle, self.rate)]
        self.clock += STEP
        if self.random.random() >= LOST:  # else the frame is lost, and the old one is seen again
            self.seen = self.look()
        return [self.torque], self.observation()

    def safe(self):
        return [0.0]

    def now(self):
        return self.clock

    def stopped(self):
        return abs(self.angle) > 15  # the cable ends

    def end(self):
        pass


def read_policy(path):
    """The arrays of a policy file, in safetensors: rows of numbers by name."""
    with open(path, "rb") as f:
        header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        data = f.read()
    arrays = {}
    for name, a in header.items():
        first, end = a["data_offsets"]
        arrays[name] = struct.unpack(f"<{(end - first) // 4}f", data[first:end])
    return arrays


def mean_action(p, obs):
    x = [(o - s) / c for o, s, c in zip(obs, p["shift"], p["scale"])]
    layers = sum(name.endswith(".weights") for name in p)
    for i in range(layers):
        w, b = p[f"layer{i}.weights"], p[f"layer{i}.biases"]
        x = [b[j] + sum(x[k] * w[k * len(b) + j] for k in range(len(x))) for j in range(len(b))]
        if i < layers - 1:
            x = [math.tanh(v) for v in x]
    return x


def episode(arm, policy, number, horizon, rate, mean):
    """Plays one episode with the policy's noise, or by its mean action."""
    obs, last, start = arm.reset(), 0.0, arm.clock
    rows, actions, times = [obs], [], [0.0]
    while len(actions) < horizon and not arm.stopped():
        wish = mean_action(policy, obs)[0] + (not mean) * math.exp(policy["log_std"][0]) * arm.random.gauss(0, 1)
        wish = max(last - rate, min(last + rate, max(policy["low"][0], min(policy["high"][0], wish))))
        (last,), obs = arm.apply([wish])
        rows.append(obs)
        actions.append([last])
        times.append(arm.clock - start)
    return {"observations": rows, "actions": actions, "times": times, "policy": number, "terminated": False, "truncated": True, "meta": {"mean": mean}}


def wanted(folder):
    """What palmal waits for, or None where it waits for nothing."""
    try:
        with open(os.path.join(folder, "waiting.json")) as f:
            want = json.load(f)
        return want, read_policy(os.path.join(folder, want["files"][0]))
    except FileNotFoundError:
        return None, None


def serve_inbox(arm, folder):
    """Plays what waiting.json asks for, a file for each episode."""
    count, done = 0, None
    while True:
        want, policy = wanted(folder)
        if want is None or (want["policy"], want["mean"]) == done:
            time.sleep(0.1)
            continue
        have = want["have"]
        while have < want["samples"]:
            e = episode(arm, policy, want["policy"], want["horizon"], 1.0, want["mean"])
            have, count = have + len(e["actions"]), count + 1
            name = f"episode-{want['policy']:06d}-{os.getpid()}-{count:06d}.jsonl"
            with open(os.path.join(folder, "." + name), "w") as f:  # aside, then under its name
                f.write(json.dumps(e) + "\n")
            os.rename(os.path.join(folder, "." + name), os.path.join(folder, name))
        done = want["policy"], want["mean"]


if __name__ == "__main__":
    address = sys.argv[1] if len(sys.argv) > 1 else None
    arm = Arm(int(os.environ.get("ARM_SEED", "1")))
    if address and address.startswith("inbox:"):
        serve_inbox(arm, address[len("inbox:"):])
    else:
        link = lockstep.Link(address)
        link.task["budget"] = 1.0  # the clock is simulated: this robot can wait longer than a real one
        lockstep.serve(arm, link)
