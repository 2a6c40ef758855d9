"""Reads episodes of Minari or D4RL, and writes them as npz to the path that it is given.

Arguments: minari ID OUT, or d4rl FILE OUT. Nothing of a data set is executed: HDF5 holds arrays.
"""
import sys

import numpy as np


def flat(space):
    """Flattens a dictionary or a tuple of arrays [n,...] to [n,width], keys in their order."""
    if isinstance(space, dict):
        parts = [flat(space[key]) for key in sorted(space)]
    elif isinstance(space, (tuple, list)):
        parts = [flat(part) for part in space]
    else:
        array = np.asarray(space)
        if array.dtype.kind != "f":
            raise SystemExit(f"numbers of type {array.dtype}: only continuous observations and actions are learned")
        return array.reshape(len(array), -1)
    return np.concatenate(parts, axis=1)


def minari(name):
    import minari as library

    episodes = list(library.load_dataset(name).iterate_episodes())
    if not episodes:
        raise SystemExit(f"{name} holds no episode")
    return dict(
        observations=np.concatenate([flat(e.observations) for e in episodes]),
        actions=np.concatenate([flat(e.actions) for e in episodes]),
        rewards=np.concatenate([np.asarray(e.rewards, dtype=float) for e in episodes]),
        lengths=np.array([len(e.rewards) for e in episodes]),
        terminated=np.array([bool(e.terminations[-1]) for e in episodes]),
        truncated=np.array([not e.terminations[-1] for e in episodes]),
    )


def d4rl(path):
    import h5py

    with h5py.File(path, "r") as file:
        known = ["observations", "actions", "rewards", "next_observations", "terminals", "timeouts"]
        return {key: np.asarray(file[key]) for key in known if key in file}


kind, source, out = sys.argv[1:]
try:
    arrays = {"minari": minari, "d4rl": d4rl}[kind](source)
except ImportError as missing:
    raise SystemExit(f"{missing}: install it for this Python ({sys.executable}), as by {sys.executable} -m pip install {missing.name}")
with open(out, "wb") as file:
    np.savez(file, **arrays)
