"""Small environments, some of them faulty, for tests of the bridge."""
import os
import time

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box, Dict, Discrete, Tuple


def line(n):
    return Box(-np.inf, np.inf, (n,), np.float64)


class Plain(gym.Env):
    """A place that moves."""

    dt = 0.25
    observation_space = Dict(place=line(1), pair=Tuple((line(2), line(2))))
    action_space = Box(np.array([0, -2.0]), np.array([4, 2.0]), dtype=np.float64)

    def __init__(self, scale=1):
        self.scale = scale

    def see(self):
        return {"place": np.array([self.x]), "pair": (np.array([float(self.t), self.a]), np.zeros(2))}

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.x, self.t, self.a = self.np_random.uniform(), 0, 0.0
        return self.see(), {}

    def step(self, action):
        self.x, self.t, self.a = self.x + self.scale * action[0], self.t + 1, action[1]
        return self.see(), self.a, bool(self.x > 100), False, {"speed": self.scale * action[0]}

    def terminated(self, next):
        return next["place"][:, 0] > 100


class Goal(gym.Env):
    observation_space = Dict(observation=line(1), achieved_goal=line(1), desired_goal=line(1))
    action_space = Box(-1, 1, (1,))

    def see(self):
        return {"observation": self.x, "achieved_goal": self.x, "desired_goal": self.goal}

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.x, self.goal = np.zeros(1), self.np_random.uniform(-1, 1, 1)
        return self.see(), {}

    def step(self, action):
        self.x = self.x + 0.1 * action
        near = np.abs(self.x - self.goal).sum() < 0.5
        return self.see(), float(self.compute_reward(self.x, self.goal, {})), False, False, {"is_success": near}

    def compute_reward(self, achieved, desired, info):
        return -np.abs(achieved - desired).sum(-1)


class Wide(gym.Env):
    """Observes so much that few rows of it fill a frame."""

    observation_space = line(400)
    action_space = Box(-1, 1, (1,))

    def reset(self, *, seed=None, options=None):
        return np.zeros(400), {}

    def step(self, action):
        return np.zeros(400), 0.0, False, False, {}

    def reward(self, obs, action, next):
        return obs[:, 0] + action[:, 0] + next[:, 399]

    def terminated(self, next):
        return next[:, 0] > 20_000


class Loud(gym.RewardWrapper):
    def reward(self, reward):
        return 2 * reward


class Faulty(gym.Env):
    observation_space = line(2)
    action_space = Box(-1, 1, (1,))

    def __init__(self, fault):
        self.fault = fault

    def reset(self, *, seed=None, options=None):
        return np.zeros(2), {"speed": 0}

    def step(self, action):
        obs, reward = np.zeros(2), 0.0
        if self.fault == "raise":
            raise RuntimeError("the motor is on fire")
        if self.fault == "exit":
            print("goodbye from the environment", flush=True)
            os._exit(3)
        if self.fault == "crash":
            os.kill(os.getpid(), 11)
        if self.fault == "hang":
            time.sleep(3600)
        if self.fault == "nan":
            obs[1] = np.nan
        if self.fault == "inf":
            reward = np.inf
        if self.fault == "large":
            obs[1] = -1e39
        if self.fault == "large reward":
            reward = 1e39
        if self.fault == "large info":
            return obs, reward, False, False, {"speed": 1e39}
        if self.fault == "shape":
            obs = np.zeros(3)
        if self.fault == "success":
            return obs, reward, False, False, {"speed": 0, "is_success": 0.5}
        if self.fault == "tuple":
            return obs, reward, False, {}
        return obs, reward, False, False, {} if self.fault == "info" else {"speed": 0}


class Chatty(gym.Env):
    observation_space = line(1)
    action_space = Box(-1, 1, (1,))

    def __init__(self):
        print("made")

    def reset(self, *, seed=None, options=None):
        print("reset")
        return np.zeros(1), {}

    def step(self, action):
        print("step", flush=True)
        os.write(1, b"from C\n")
        return np.zeros(1), 0.0, False, False, {}


class Drawn(gym.Env):
    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}
    observation_space = line(1)
    action_space = Box(-1, 1, (1,))

    def __init__(self, render_mode=None):
        self.render_mode = render_mode

    def reset(self, *, seed=None, options=None):
        return np.zeros(1), {}

    def step(self, action):
        return np.zeros(1), 0.0, False, False, {}

    def render(self):
        picture = np.zeros((3, 4, 3), np.uint8)
        picture[2, 1, 0], picture[0, 0, 2] = 200, 9
        return picture


class Unfit(gym.Env):
    observation_space = line(1)
    action_space = Box(-1, 1, (1,))

    def __init__(self, kind):
        if kind == "discrete":
            self.action_space = Discrete(3)
        if kind == "picture":
            self.observation_space = Box(0, 255, (64, 64, 3), np.uint8)
        if kind == "unbounded":
            self.action_space = line(1)
        if kind == "fixed":
            self.action_space = Dict(arm=Box(-1, 1, (1,)), hand=Box(np.array([-1.0, 0.5]), np.array([1.0, 0.5]), dtype=np.float64))
        if kind == "idle":
            self.action_space = Box(-1, 1, (0,))
        if kind == "blind":
            self.observation_space = Dict(eye=line(0))
        if kind == "vast":
            self.action_space = Box(np.full(40, -np.inf), np.arange(40.0), dtype=np.float64)
        if kind == "broken":
            1 / 0


class Levels(gym.Env):
    """Observes the action, whose numbers are whole, as it came."""

    observation_space = line(2)
    action_space = Box(np.array([-1, 0]), np.array([1, 200]), dtype=np.int16)

    def reset(self, *, seed=None, options=None):
        return np.zeros(2), {}

    def step(self, action):
        assert self.action_space.contains(action), action
        return action.astype(float), 0.0, False, False, {}


class Short(gym.Env):
    """Observes fewer parts than its space has, or more."""

    observation_space = Tuple((line(1), line(1)))
    action_space = Box(-1, 1, (1,))

    def __init__(self, parts):
        self.parts = parts

    def reset(self, *, seed=None, options=None):
        return (np.zeros(1),) * self.parts, {}


gym.register("Plain-v0", Plain, max_episode_steps=50)
gym.register("Goal-v0", Goal, max_episode_steps=20)
gym.register("Wide-v0", Wide, max_episode_steps=20)
gym.register("Faulty-v0", Faulty, max_episode_steps=20)
gym.register("Chatty-v0", Chatty, max_episode_steps=20)
gym.register("Drawn-v0", Drawn, max_episode_steps=20)
gym.register("Misspelt-v0", "worlds:MisspeltNot")
gym.register("Levels-v0", Levels, max_episode_steps=20)
gym.register("Short-v0", Short, max_episode_steps=20, disable_env_checker=True)  # which looks at the first step alone
for kind in ("discrete", "picture", "unbounded", "vast", "fixed", "idle", "blind", "broken"):
    gym.register(kind.capitalize() + "-v0", Unfit, kwargs={"kind": kind})
