"""Serves one Gymnasium environment to palmal over the standard streams.

The first line in is the request (JSON), the first line out the hello. Frames follow: u8 op, u32 length, payload, little
endian; numbers are float64. An op 255 is a traceback. What the environment prints goes to the standard error.
"""
import faulthandler
import importlib.util
import json
import os
import signal
import struct
import sys
import threading
import time
import traceback

RESET, STEP, REWARD, TERMINATED, RENDER, ERROR = 1, 2, 3, 4, 5, 255
PROTOCOL, MOST = 2, 64 << 20


def main():
    # The streams belong to the protocol: the environment gets an empty input, and its prints go to the standard error.
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    faulthandler.enable()
    if hasattr(faulthandler, "register"):
        faulthandler.register(signal.SIGUSR1)  # palmal asks where a silent environment is
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # palmal decides when the environment ends
    threading.Thread(target=follow_parent, args=(os.getppid(),), daemon=True).start()

    def send(op, payload):
        sink.write(struct.pack("<BI", op, len(payload)) + payload)
        sink.flush()

    try:
        server = Server(json.loads(source.readline()))
        sink.write(json.dumps(server.hello()).encode() + b"\n")
        sink.flush()
    except BaseException as err:
        sink.write(json.dumps({"protocol": PROTOCOL, "error": describe(err), "kind": type(err).__name__}).encode() + b"\n")
        sink.flush()
        return
    while True:
        head = source.read(5)
        if len(head) < 5:
            break
        op, size = struct.unpack("<BI", head)
        if size > MOST:
            send(ERROR, f"a frame of {size} bytes".encode())
            break
        payload = source.read(size)
        try:
            answer = server.answer(op, payload)
        except BaseException as err:
            send(ERROR, describe(err).encode())
        else:
            send(op, answer)
    server.env.close()


def follow_parent(parent):
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def describe(err):
    """The traceback without this file's own frames."""
    lines = traceback.TracebackException.from_exception(err)
    lines.stack = traceback.StackSummary.from_list([f for f in lines.stack if f.filename != "<string>"])
    return "".join(lines.format()).rstrip()


class Refused(Exception):
    """An environment that palmal cannot learn, though nothing is wrong with it."""

    def __init__(self, why):
        super().__init__(" ".join(why.split()))  # one line: that of a space with many bounds has several


class Server:
    def __init__(self, request):
        global np, gym
        sys.path.insert(0, request.get("folder") or "")  # modules beside the task file, or in the current directory
        import numpy as np
        import gymnasium as gym

        self.wants = request
        kwargs = dict(request.get("kwargs") or {})
        if ":" in request["id"]:
            find(request["id"].split(":", 1)[0])
        env = make(request["id"], kwargs, request.get("render"))
        for name in request.get("wrappers") or []:
            module, cls = name.split(":", 1)
            find(module)
            env = getattr(__import__(module, fromlist=["_"]), cls)(env)
        self.env = env
        self.keys = request.get("info") or []
        self.obs = leaves(env.observation_space, "observation", "")
        self.act = leaves(env.action_space, "action", "")
        if not width(self.obs):
            raise Refused(f"the observation space {env.observation_space} holds no number: wrap the environment so that it observes some")
        if not width(self.act):
            raise Refused(f"the action space {env.action_space} holds no number: wrap the environment so that a number in a Box acts")
        for name, box in self.act:
            check_bounds(name, box)
        self.reward_by, self.ends = self.methods()

    def methods(self):
        """Finds the methods that score model paths, the outermost first. Inside a wrapper that changes what is seen, done or
        rewarded they would speak of something else."""
        reward, ends, env = None, None, self.env
        while True:
            own = type(env).__dict__ if isinstance(env, gym.Wrapper) else {n: getattr(type(env), n) for n in dir(type(env))}
            if reward is None and takes(own.get("reward"), 4):
                reward = getattr(env, "reward")
            if ends is None and takes(own.get("terminated"), 2):
                ends = getattr(env, "terminated")
            if reward is None and callable(own.get("compute_reward")) and self.is_goal():
                compute = getattr(env, "compute_reward")
                reward = lambda obs, action, next: compute(next["achieved_goal"], next["desired_goal"], [{}] * len(next["achieved_goal"]))
            if env is env.unwrapped or isinstance(env, (gym.ObservationWrapper, gym.ActionWrapper, gym.RewardWrapper)):
                return reward, ends
            env = env.env

    def is_goal(self):
        space = self.env.observation_space
        return isinstance(space, gym.spaces.Dict) and {"achieved_goal", "desired_goal"} <= set(space.spaces)

    def hello(self):
        spec, env = self.env.spec, self.env.unwrapped
        dt = getattr(env, "dt", None)
        if not isinstance(dt, (int, float)):
            fps = (env.metadata or {}).get("render_fps")
            dt = 1 / fps if fps else None
        space = lambda boxes: [{"name": n, "low": bounds(b.low), "high": bounds(b.high)} for n, b in boxes]
        return {
            "protocol": PROTOCOL, "observation": space(self.obs), "action": space(self.act),
            "horizon": self.horizon(spec), "dt": None if dt is None else float(dt),
            "reward": self.reward_by is not None, "terminated": self.ends is not None, "goal": self.is_goal(),
            "render": self.env.render_mode == "rgb_array",
            "threshold": getattr(spec, "reward_threshold", None) if spec else None,
            "versions": versions(env),
        }

    def horizon(self, spec):
        """The time limit: of the specification, or of a wrapper."""
        env, limit = self.env, spec.max_episode_steps if spec else None
        while limit is None and isinstance(env, gym.Wrapper):
            if isinstance(env, gym.wrappers.TimeLimit):
                limit = env._max_episode_steps
            env = env.env
        return limit

    def answer(self, op, payload):
        if op == RESET:
            (seed,) = struct.unpack("<Q", payload)
            obs, info = self.env.reset(seed=seed)
            return self.flatten(obs) + self.info(info, True)
        if op == STEP:
            result = self.env.step(self.unflatten(self.env.action_space, np.frombuffer(payload, "<f8"), None))
            if not isinstance(result, tuple) or len(result) != 5:
                raise TypeError("step must return (observation, reward, terminated, truncated, info)")
            obs, reward, terminated, truncated, info = result
            reward = float(reward)
            if wrong := unlearnable(reward):
                raise ValueError(f"the environment returned the reward {reward}, which is {wrong}")
            return (self.flatten(obs) + self.info(info, False) +
                    struct.pack("<dBBB", reward, bool(terminated), bool(truncated), self.success(info)))
        if op in (REWARD, TERMINATED):
            return self.score(op, payload)
        if op == RENDER:
            picture = np.asarray(self.env.render())
            if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
                raise TypeError(f"render must return a picture (height, width, 3) of uint8, got {picture.dtype} {picture.shape}")
            return struct.pack("<II", *picture.shape[:2]) + np.ascontiguousarray(picture).tobytes()
        raise ValueError(f"unknown op {op}")

    def score(self, op, payload):
        (n,) = struct.unpack_from("<I", payload)
        rows = np.frombuffer(payload, "<f8", offset=4).reshape(n, -1)
        o, a = width(self.obs), width(self.act)
        if op == TERMINATED:
            ended = np.asarray(self.ends(self.unflatten(self.env.observation_space, rows[:, :o], n)))
            if ended.shape != (n,):
                raise ValueError(f"terminated must return the shape ({n},), got {ended.shape}")
            return ended.astype(np.uint8).tobytes()
        reward = np.asarray(self.reward_by(
            self.unflatten(self.env.observation_space, rows[:, :o], n), self.unflatten(self.env.action_space, rows[:, o:o + a], n),
            self.unflatten(self.env.observation_space, rows[:, o + a:], n)), "<f8")
        if reward.shape != (n,):
            raise ValueError(f"reward must return the shape ({n},), got {reward.shape}")
        return reward.tobytes()

    def flatten(self, obs):
        parts = list(parts_of(self.env.observation_space, obs))
        for (name, box), x in zip(self.obs, parts):
            if x.shape != box.shape:
                raise ValueError(f"the environment returned {name} of shape {x.shape}, its space has {box.shape}")
            if wrong := unlearnable(x):
                raise ValueError(f"the environment returned {name} that is {wrong}: {x.ravel()}")
        return b"".join(np.asarray(x, "<f8").ravel().tobytes() for x in parts)

    def info(self, info, fresh):
        values = []
        for key in self.keys:
            if key not in info and fresh:
                values.append(0.0)  # many environments tell it of steps only
                continue
            if key not in info:
                raise KeyError(f"info has no {key!r}; it has {sorted(info)}")
            value = np.asarray(info[key], "<f8")
            if value.size != 1 or unlearnable(value):
                raise ValueError(f"info[{key!r}] is {info[key]!r}: want one finite number of float32")
            values.append(float(value.reshape(())if value.ndim == 0 else value.ravel()[0]))
        return np.asarray(values, "<f8").tobytes()

    def success(self, info):
        """What the info says of success, as goal environments do: 0 or 1, or 2 where it says nothing."""
        if "is_success" not in info:
            return 2
        value = np.asarray(info["is_success"], float)
        if value.size != 1 or value.ravel()[0] not in (0, 1):
            raise ValueError(f"info['is_success'] is {info['is_success']!r}: want true or false")
        return int(value.ravel()[0])

    def unflatten(self, space, flat, n):
        """Gives numbers [..., width] the structure of a space; n is None for one row."""
        x, _ = build(space, flat, 0, n)
        return x


def unlearnable(x):
    """Says why palmal cannot learn from numbers, which become float32 there; "" where it can."""
    x = np.abs(np.asarray(x, "<f8"))
    if not np.isfinite(x).all():
        return "not finite"
    return "beyond float32 (±3.4e38)" if (x > np.finfo(np.float32).max).any() else ""


def takes(method, n):
    """Reports whether something is a function of n arguments, self included."""
    import inspect

    try:
        inspect.signature(method).bind(*[None] * n)
    except (TypeError, ValueError):
        return False
    return True


def find(module):
    """Refuses a module that is not there; one that cannot be imported tells itself why."""
    try:
        there = importlib.util.find_spec(module) is not None
    except ModuleNotFoundError as err:
        if not f"{module}.".startswith(f"{err.name}."):
            raise
        there = False
    except ValueError:
        there = True  # imported already, without a place
    if not there:
        raise Refused(f"there is no module {module}: want one in the current directory, beside the task file, or where Python finds it")


def make(id, kwargs, render):
    if render:
        try:
            return gym.make(id, **{"render_mode": "rgb_array", **kwargs})
        except Exception:
            pass  # it may not draw; if it cannot be made at all, the next line says why
    return gym.make(id, **kwargs)


def check_bounds(name, box):
    """Refuses a box of actions that ±1 cannot be scaled to."""
    low, high = np.ravel(box.low), np.ravel(box.high)
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        raise Refused(f"the action space {box} has no finite bounds: give it some, for instance by wrapping the environment "
                      "in gymnasium.wrappers:RescaleAction or by a wrapper of your own")
    for i in np.flatnonzero(~(low < high))[:1]:
        entry = name if low.size == 1 else f"{name} {i}"
        raise Refused(f"{entry} of the action space has low {low[i]} and high {high[i]}, want low < high: wrap the environment so that "
                      "this number is no action, and the wrapper fills it in")


def leaves(space, what, prefix):
    """Lists the boxes of a space with their names."""
    spaces = gym.spaces
    if isinstance(space, spaces.Box):
        if space.dtype.kind == "u" and len(space.shape) >= 2:
            raise Refused(f"the {what} {space} is a picture: palmal learns from numbers; observe the state, for instance by another id "
                            "or arguments of the environment, or wrap it")
        return [(prefix or what, space)]
    if isinstance(space, spaces.Dict):
        return [leaf for key, inner in space.spaces.items() for leaf in leaves(inner, what, f"{prefix}.{key}" if prefix else str(key))]
    if isinstance(space, spaces.Tuple):
        return [leaf for i, inner in enumerate(space.spaces) for leaf in leaves(inner, what, f"{prefix}.{i}" if prefix else f"{what}.{i}")]
    advice = {"action": "palmal needs continuous actions: use a variant of the environment that has them (many have continuous=True), or wrap it "
                        "so that a number in a Box chooses",
              "observation": "palmal learns from continuous numbers: wrap the environment so that it observes a Box"}[what]
    raise Refused(f"the {what} space {space} is not a Box: {advice}")


def parts_of(space, x):
    if isinstance(space, gym.spaces.Dict):
        for key, inner in space.spaces.items():
            yield from parts_of(inner, x[key])
    elif isinstance(space, gym.spaces.Tuple):
        if len(x) != len(space.spaces):
            raise ValueError(f"the environment returned a tuple of {len(x)}, its space {space} has {len(space.spaces)} parts")
        for inner, part in zip(space.spaces, x):
            yield from parts_of(inner, part)
    else:
        yield np.asarray(x)


def build(space, flat, at, n):
    if isinstance(space, gym.spaces.Dict):
        made = {}
        for key, inner in space.spaces.items():
            made[key], at = build(inner, flat, at, n)
        return made, at
    if isinstance(space, gym.spaces.Tuple):
        made = []
        for inner in space.spaces:
            part, at = build(inner, flat, at, n)
            made.append(part)
        return tuple(made), at
    size = int(np.prod(space.shape))
    part = flat[..., at:at + size].reshape(space.shape if n is None else (n, *space.shape))
    if not np.issubdtype(space.dtype, np.floating):
        part = np.clip(np.rint(part), space.low, space.high)  # a cast alone would drop fractions, so that ends are hardly reached
    return part.astype(space.dtype), at + size


def width(boxes):
    return sum(int(np.prod(box.shape)) for _, box in boxes)


def bounds(x):
    return [float(v) if np.isfinite(v) else None for v in np.asarray(x, float).ravel()]


def versions(env):
    """What decides the results: Python, Gymnasium, and the package or the source of the environment."""
    import hashlib
    import importlib.metadata as metadata
    import inspect
    import platform

    found = {"python": platform.python_version(), "gymnasium": gym.__version__, "numpy": np.__version__}
    top = type(env).__module__.split(".")[0]
    names = {top: metadata.packages_distributions().get(top, [])}
    for name in ("mujoco", "dm_control", "shimmy", "pybullet", "gymnasium_robotics", "Box2D"):
        if name in sys.modules:
            names[name] = metadata.packages_distributions().get(name, [])
    for distributions in names.values():
        for distribution in distributions[:1]:
            found[distribution] = metadata.version(distribution)
    if not names[top]:
        try:
            with open(inspect.getsourcefile(type(env)), "rb") as f:
                found[type(env).__module__] = "sha256 " + hashlib.sha256(f.read()).hexdigest()[:16]
        except (OSError, TypeError):
            pass
    return found


main()
