"""Reads episodes of Minari or D4RL, and writes them as npz to the path that it is given.

Arguments: minari ID OUT, or d4rl FILE OUT. Nothing of a data set is executed: HDF5 holds arrays.
"""
import sys

import numpy as np


def leaves(space, x, what):
    """Lists the boxes of a space with their numbers [n,...], in the order of the space."""
    if hasattr(space, "spaces"):
        keys = list(space.spaces) if isinstance(space.spaces, dict) else range(len(space.spaces))
        return [leaf for key in keys for leaf in leaves(space.spaces[key], x[key], what)]
    x = np.asarray(x)
    if x.dtype.kind != "f" or not hasattr(space, "low"):
        raise SystemExit(f"{what}: {space} with numbers of type {x.dtype}: only continuous observations and actions are learned")
    return [(space, x.reshape(len(x), -1))]


def observed(space, x):
    return np.concatenate([numbers for _, numbers in leaves(space, x, "observations")], axis=1)


def scaled(space, x):
    """Actions in ±1, as a task gym:ID has them: the bounds of the space become -1 and 1."""
    parts = []
    for box, numbers in leaves(space, x, "actions"):
        low, high = np.ravel(box.low).astype(float), np.ravel(box.high).astype(float)
        if not (np.isfinite(low).all() and np.isfinite(high).all()):
            raise SystemExit(f"actions: {box} has no finite bounds, which would be -1 and 1")
        parts.append(2 * (numbers - low) / (high - low) - 1)
    return np.concatenate(parts, axis=1)


def minari(name):
    import minari as library

    try:
        data = library.load_dataset(name)
    except FileNotFoundError as missing:
        raise SystemExit(str(missing))
    episodes = list(data.iterate_episodes())
    if not episodes:
        raise SystemExit(f"{name} holds no episode")
    return dict(
        observations=np.concatenate([observed(data.observation_space, e.observations) for e in episodes]),
        actions=np.concatenate([scaled(data.action_space, e.actions) for e in episodes]),
        rewards=np.concatenate([np.asarray(e.rewards, dtype=float) for e in episodes]),
        lengths=np.array([len(e.rewards) for e in episodes]),
        terminated=np.array([bool(e.terminations[-1]) for e in episodes]),
        truncated=np.array([not e.terminations[-1] for e in episodes]),
    )


def d4rl(path):
    import h5py

    try:
        opened = h5py.File(path, "r")
    except OSError as unreadable:
        raise SystemExit(str(unreadable))
    with opened as file:
        if "observations" not in file:
            raise SystemExit(f"{path} holds {sorted(file)}, and no observations, as files of D4RL do")
        known = ["observations", "actions", "rewards", "next_observations", "terminals", "timeouts"]
        return {key: np.asarray(file[key]) for key in known if key in file}


kind, source, out = sys.argv[1:]
try:
    arrays = {"minari": minari, "d4rl": d4rl}[kind](source)
except ImportError as missing:
    raise SystemExit(f"{missing}: install it for this Python ({sys.executable}), as by {sys.executable} -m pip install {missing.name}")
with open(out, "wb") as file:
    np.savez(file, **arrays)
