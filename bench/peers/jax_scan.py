"""JAX: every stage one compiled program, loops as lax.scan, members by vmap, float32 products at full precision.
Fisher products by forward and reverse mode with kept activations. Variants: scan; unrolled (ten steps in a turn
of a loop). All arrays are arguments of the programs, so that the compiler cannot compute ahead. A scan is timed
whole or in pieces, after runs that compile it.
"""

from functools import partial

import jax

import work
from data import Data

options = work.arguments("JAX", ["scan", "unrolled"])
jax.config.update("jax_platforms", options.device)
jax.config.update("jax_default_matmul_precision", "highest")

import jax.numpy as jnp  # noqa: E402: after the device is chosen

O, A, H = options.observation, options.action, options.horizon
data = jax.tree.map(jnp.asarray, vars(Data(options)))
scan = partial(jax.lax.scan, unroll=10 if options.variant == "unrolled" else 1)
key = jax.random.PRNGKey(1)


def network(key, *sizes):
    layers = []
    for a, b in zip(sizes, sizes[1:]):
        key, one, two = jax.random.split(key, 3)
        bound = a**-0.5
        layers.append((jax.random.uniform(one, (a, b), minval=-bound, maxval=bound),
                       jax.random.uniform(two, (b,), minval=-bound, maxval=bound)))
    return layers


def forward(layers, x, activation):
    for w, b in layers[:-1]:
        x = activation(x @ w + b)
    w, b = layers[-1]
    return x @ w + b


def fitted(w):
    """A network with Adam's moments and the count of its steps."""
    zeros = jax.tree.map(jnp.zeros_like, w)
    return w, zeros, zeros, jnp.int32(0)


def adam(w, m, v, t, g):
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
    rate, root = 1e-3 / (1 - 0.9 ** (t + 1.0)), (1 - 0.999 ** (t + 1.0)) ** -0.5
    return jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) * root + 1e-8), w, m, v), m, v, t + 1


def loss(w, x, y):
    return jnp.mean((forward(w, x, jax.nn.relu) - y) ** 2)


def fit(carry, order, inputs, targets, block):
    def step(carry, _):
        rows = order[:, (carry[3] * work.BATCH + jnp.arange(work.BATCH)) % options.rows]
        return adam(*carry, jax.vmap(jax.grad(loss))(carry[0], inputs[rows], targets[rows])), None
    return scan(step, carry, None, length=block)[0]


def rollout(key, model, policy, starts):
    def step(carry, _):
        state, key = carry
        key, noise = jax.random.split(key)
        action = forward(policy[0], state, jnp.tanh)
        action = action + jnp.exp(policy[1]) * jax.random.normal(noise, action.shape)
        out = jax.vmap(partial(forward, activation=jax.nn.relu))(model, jnp.concatenate([state, jnp.clip(action, -1, 1)], -1))
        return (jnp.clip(state + 0.01 * out, -100, 100), key), (state, action)
    state = jnp.broadcast_to(starts, (work.MEMBERS, *starts.shape))
    (_, key), paths = scan(step, (state, key), None, length=H)
    return key, paths


def estimate(value, obs, act, features):
    baseline = forward(value, features, jax.nn.relu).reshape(-1, H)
    rewards = (obs[:, 0] - 0.001 * (act**2).sum(1)).reshape(-1, H)
    delta = rewards + work.GAMMA * jnp.concatenate([baseline[:, 1:], baseline[:, -1:]], 1) - baseline

    def step(carry, now):
        faded, total = now[0] + work.GAMMA * work.LAMBDA * carry[0], now[1] + work.GAMMA * carry[1]
        return (faded, total), (faded, total)
    _, (faded, total) = scan(step, (jnp.zeros(work.PATHS), baseline[:, -1]), (delta.T, rewards.T), reverse=True)
    return ((faded - faded.mean()) / (faded.std() + 1e-6)).T.reshape(-1), total.T.reshape(-1, 1)


def surrogate(policy, mean, old_mean, old_log_std, act, advantages):
    z, old = (act - mean) / jnp.exp(policy[1]), (act - old_mean) / jnp.exp(old_log_std)
    return jnp.mean(jnp.exp(0.5 * (old**2 - z**2).sum(1) + (old_log_std - policy[1]).sum()) * advantages)


def objective(policy, obs, *rest):
    return surrogate(policy, forward(policy[0], obs, jnp.tanh), *rest)


def fisher(v, policy, obs):
    """Power iterations with Jᵀ Σ⁻¹ J, as many as the iterations of conjugate gradients."""
    _, push = jax.linearize(lambda layers: forward(layers, obs, jnp.tanh), policy[0])
    pull = jax.linear_transpose(push, policy[0])

    def step(v, _):
        product = pull(push(v) * jnp.exp(-2 * policy[1]) / options.samples)[0]
        norm = jnp.sqrt(sum((g**2).sum() for g in jax.tree.leaves(product)))
        return jax.tree.map(lambda g: g / norm, product), None
    return scan(step, v, None, length=work.CG_STEPS)[0]


def compare(policy, obs, old_mean, old_log_std, act, advantages):
    mean, spread = forward(policy[0], obs, jnp.tanh), policy[1]
    kl = (spread - old_log_std + (jnp.exp(2 * old_log_std) + (old_mean - mean) ** 2) / (2 * jnp.exp(2 * spread)) - 0.5).sum(1).mean()
    return surrogate(policy, mean, old_mean, old_log_std, act, advantages), kl


def fit_value(carry, order, features, returns, block):
    def step(carry, _):
        rows = order[(carry[3] * work.VALUE_BATCH + jnp.arange(work.VALUE_BATCH)) % options.samples]
        return adam(*carry, jax.grad(loss)(carry[0], features[rows], returns[rows])), None
    return scan(step, carry, None, length=block)[0]


class Program:
    """A compiled function that is called repeatedly. With `carried`, which picks an argument out of the result, each
    call gets the last result as its first argument."""

    def __init__(self, function, *arguments, carried=None):
        self.function, self.arguments, self.carried, self.result = jax.jit(function), list(arguments), carried, None

    def __call__(self):
        self.result = self.function(*self.arguments)
        if self.carried:
            self.arguments[0] = self.carried(self.result)


def wait():
    jax.block_until_ready([program.result for program in programs])


def finite(tree):
    return all(bool(jnp.isfinite(x).all()) and bool((x != 0).any()) for x in jax.tree.leaves(tree))


def size(tree):
    return sum(x.size for x in jax.tree.leaves(tree))


whole, BLOCK = (lambda result: result), 100
model = jax.vmap(lambda k: network(k, O + A, work.HIDDEN, work.HIDDEN, O))(jax.random.split(key, work.MEMBERS))
policy = network(key, O, work.POLICY_HIDDEN, work.POLICY_HIDDEN, A), jnp.full((A,), -1.0)
value = network(key, O + 4, work.VALUE_HIDDEN, work.VALUE_HIDDEN, 1)
obs, act, features = data["obs"], data["act"], data["features"]
advantages, returns = jax.jit(estimate)(value, obs, act, features)
acted = obs, forward(policy[0], obs, jnp.tanh), policy[1], act, advantages
fitting = Program(partial(fit, block=BLOCK), fitted(model), data["order"], data["inputs"], data["targets"], carried=whole)
rolling = Program(rollout, key, model, policy, data["starts"], carried=lambda result: result[0])
estimating = Program(estimate, value, obs, act, features)
ascending = Program(jax.grad(objective), policy, *acted)
solving = Program(fisher, policy[0], policy, obs, carried=whole)
comparing = Program(compare, policy, *acted)
valuing = Program(partial(fit_value, block=BLOCK), fitted(value), data["value_order"], features, returns, carried=whole)
judging = Program(loss, value, features, returns)
programs = [fitting, rolling, estimating, ascending, solving, comparing, valuing, judging]

few = data["inputs"][:2000], data["targets"][:2000]
clock = work.Clock(f"jax {options.variant}", options, wait, model=size(model), policy=size(policy), value=size(value))
clock.part("fit", fitting, options.fit_steps, BLOCK, falls=lambda: sum(jax.vmap(lambda w: loss(w, *few))(fitting.arguments[0][0])))
clock.part("rollout", rolling, H, H, holds=lambda: finite(rolling.result[1]))
clock.part("advantages", estimating, 1, holds=lambda: abs(estimating.result[0].std() - 1) < 1e-3 and finite(estimating.result))
clock.part("gradient", ascending, 1, holds=lambda: finite(ascending.result))
clock.part("fisher", solving, work.CG_STEPS, work.CG_STEPS, holds=lambda: finite(solving.result))
clock.part("step", comparing, 1, holds=lambda: bool(jnp.isfinite(comparing.result[0])) and abs(comparing.result[1]) < 1e-5)
clock.part("value", valuing, options.value_steps, BLOCK, falls=lambda: loss(valuing.arguments[0][0], features, returns))
clock.part("value error", judging, 2, holds=lambda: finite(judging.result))
clock.report()
