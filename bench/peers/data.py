"""The synthetic data that every peer works on."""

import numpy as np

from work import MEMBERS, PATHS, STARTS


class Data:
    """Transitions to fit, and paths that stay near their starts, so that losses can fall. float32."""

    def __init__(self, options):
        random, O, A = np.random.default_rng(1), options.observation, options.action
        rows, shape = options.rows, (PATHS, options.horizon)
        self.inputs = uniform(random, rows, O + A)
        self.targets = self.inputs[:, O + np.arange(O) % A] - self.inputs[:, :O]
        self.order = np.stack([random.permutation(rows) for _ in range(MEMBERS)])
        self.starts = uniform(random, STARTS, O)
        obs = uniform(random, PATHS, 1, O) + 0.1 * random.standard_normal((*shape, O), np.float32)
        self.obs = obs.reshape(-1, O)
        self.act = 0.3 * random.standard_normal((options.samples, A), np.float32)
        tau = np.broadcast_to(np.arange(options.horizon, dtype=np.float32) / 1000, shape).reshape(-1, 1)
        self.features = np.concatenate([self.obs.clip(-10, 10) / 10, tau, tau**2, tau**3, tau**4], 1)
        self.value_order = random.permutation(options.samples)


def uniform(random, *shape):
    return 2 * random.random(shape, np.float32) - 1
