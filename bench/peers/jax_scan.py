"""JAX: every stage one compiled program, loops as lax.scan, members by vmap, float32 products at full precision.
Fisher products by jvp and vjp. A scan is timed whole or in pieces, after a run that compiles it.
"""

import jax
import jax.numpy as jnp

import work

options = work.arguments("JAX", ["scan"])
O, A = work.SIZES[options.sizes]
ROWS = work.WORKS[options.algo]["rows"]
jax.config.update("jax_default_matmul_precision", "highest")
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


def adam(w, m, v, t, g):
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
    rate, root = 1e-3 / (1 - 0.9**t), (1 - 0.999**t) ** -0.5
    return jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) * root + 1e-8), w, m, v), m, v


def zeros(tree):
    return jax.tree.map(jnp.zeros_like, tree)


model = jax.vmap(lambda k: network(k, O + A, work.HIDDEN, work.HIDDEN, O))(jax.random.split(key, work.MEMBERS))
policy, log_std = network(key, O, work.POLICY_HIDDEN, work.POLICY_HIDDEN, A), jnp.full((A,), -1.0)
value = network(key, O + 4, work.VALUE_HIDDEN, work.VALUE_HIDDEN, 1)
inputs, targets = jax.random.normal(key, (ROWS, O + A)), jax.random.normal(key, (ROWS, O))
order = jnp.stack([jax.random.permutation(k, ROWS) for k in jax.random.split(key, work.MEMBERS)])


def regress(carry, rows, x, y, batched):
    w, m, v, t = carry
    one = lambda w, rows: jnp.mean((forward(w, x[rows], jax.nn.relu) - y[rows]) ** 2)
    g = jax.vmap(jax.grad(one))(w, rows) if batched else jax.grad(one)(w, rows)
    w, m, v = adam(w, m, v, t, g)
    return (w, m, v, t + 1), None


def fit(carry, first, block):
    def step(carry, i):
        at = (first + i * work.BATCH + jnp.arange(work.BATCH)) % ROWS
        return regress(carry, order[:, at], inputs, targets, True)
    return jax.lax.scan(step, carry, jnp.arange(block))[0]


def rollout(model, policy, state, key, block):
    def step(carry, _):
        state, key = carry
        key, noise = jax.random.split(key)
        action = forward(policy, state, jnp.tanh)
        action = action + jnp.exp(log_std) * jax.random.normal(noise, action.shape)
        out = jax.vmap(lambda w, x: forward(w, x, jax.nn.relu))(model, jnp.concatenate([state, jnp.clip(action, -1, 1)], -1))
        return (jnp.clip(state + 0.01 * out, -100, 100), key), (state, action)
    return jax.lax.scan(step, (state, key), None, length=block)


obs, act = jax.random.normal(key, (work.SAMPLES, O)), jax.random.normal(key, (work.SAMPLES, A))
advantages, returns = jax.random.normal(key, (work.SAMPLES,)), jax.random.normal(key, (work.SAMPLES, 1))
old_mean, old_log_std = forward(policy, obs, jnp.tanh), log_std
features = jnp.concatenate([obs / 10, jax.random.uniform(key, (work.SAMPLES, 4))], 1)


def estimate(value):
    baseline = forward(value, features, jax.nn.relu).reshape(-1, work.HORIZON)
    rewards = (obs[:, 0] - 0.001 * (act**2).sum(1)).reshape(-1, work.HORIZON)
    delta = rewards + work.GAMMA * jnp.concatenate([baseline[:, 1:], baseline[:, -1:]], 1) - baseline
    scan = jax.lax.scan(lambda c, d: (d + work.GAMMA * work.LAMBDA * c,) * 2, jnp.zeros(len(delta)), delta.T, reverse=True)[1]
    return (scan - scan.mean()) / scan.std()


def surrogate(theta, obs, act, advantages):
    layers, spread = theta
    z, old = (act - forward(layers, obs, jnp.tanh)) / jnp.exp(spread), (act - old_mean) / jnp.exp(old_log_std)
    return jnp.mean(jnp.exp(0.5 * (old**2 - z**2).sum(1) + (old_log_std - spread).sum()) * advantages)


def fisher(policy, v, obs):
    mean = lambda p: forward(p, obs, jnp.tanh)
    _, tangent = jax.jvp(mean, (policy,), (v,))
    _, back = jax.vjp(mean, policy)
    product = back(tangent * jnp.exp(-2 * log_std) / work.SAMPLES)[0]
    norm = jnp.sqrt(sum((g**2).sum() for g in jax.tree.leaves(product)))
    return jax.tree.map(lambda g: g / norm, product)


def compare(theta, obs, act, advantages):
    mean, spread = forward(theta[0], obs, jnp.tanh), theta[1]
    kl = (spread - old_log_std + (jnp.exp(2 * old_log_std) + (old_mean - mean) ** 2) / (2 * jnp.exp(2 * spread)) - 0.5).sum(1).mean()
    return surrogate(theta, obs, act, advantages), kl


def fit_value(carry, first, block):
    def step(carry, i):
        rows = shuffled[(first + i * work.VALUE_BATCH + jnp.arange(work.VALUE_BATCH)) % work.SAMPLES]
        return regress(carry, rows, features, returns, False)
    return jax.lax.scan(step, carry, jnp.arange(block))[0]


shuffled = jax.random.permutation(key, work.SAMPLES)
last = {}


def keep(name, function, *arguments):
    """A step that calls a compiled function and keeps its result, to wait for; a carry goes around."""
    def step():
        last[name] = function(*[last.get(name, a) if i == 0 and name in ("fit", "value") else a for i, a in enumerate(arguments)])
    return step


def wait():
    jax.block_until_ready(list(last.values()))


fit_block, value_block = 100, 142
state = jnp.zeros((work.MEMBERS, work.STARTS, O))
clock = work.Clock("jax scan", options, wait)
clock.part("fit", keep("fit", jax.jit(fit, static_argnums=2), (model, zeros(model), zeros(model), 1.0), 0, fit_block),
           work.WORKS[options.algo]["fit_steps"], fit_block)
clock.part("rollout", keep("rollout", jax.jit(rollout, static_argnums=4), model, policy, state, key, work.HORIZON), work.HORIZON, work.HORIZON)
clock.part("advantages", keep("advantages", jax.jit(estimate), value), 1)
clock.part("gradient", keep("gradient", jax.jit(jax.grad(surrogate)), (policy, log_std), obs, act, advantages), 1)
clock.part("fisher", keep("fisher", jax.jit(fisher), policy, policy, obs), work.CG_STEPS)
clock.part("step", keep("step", jax.jit(compare), (policy, log_std), obs, act, advantages), 1)
clock.part("value", keep("value", jax.jit(fit_value, static_argnums=2), (value, zeros(value), zeros(value), 1.0), 0, value_block),
           work.VALUE_STEPS, value_block)
clock.report()
