"""The fastest PyTorch on one GPU: all members in one batched product, everything on the GPU, Fisher products by
one forward-mode and one reverse-mode pass, no host in the loop. Variants: eager; graphs (CUDA graphs of several
steps each); compile (torch.compile, then CUDA graphs; on a CPU without them). float32 without TF32, as palmal
computes, unless --precision tf32 allows it.
"""

import sys

import torch

import work
from data import Data

options = work.arguments("PyTorch, batched", ["eager", "graphs", "compile"], ["float32", "tf32"])
if options.variant == "graphs" and options.device != "cuda":
    sys.exit("torch_batched.py: CUDA graphs need a GPU; on a CPU, --variant eager does the same steps")
O, A, H = options.observation, options.action, options.horizon
device = torch.device(options.device)
torch.manual_seed(1)
torch.set_float32_matmul_precision("high" if options.precision == "tf32" else "highest")
data = Data(options)


def placed(array):
    return torch.from_numpy(array).to(device)


def linear(batch, a, b):
    bound = a**-0.5
    shape = (batch,) if batch else ()
    return [torch.empty(*shape, a, b, device=device).uniform_(-bound, bound),
            torch.empty(*shape, 1, b, device=device).uniform_(-bound, bound)]


def network(batch, *sizes):
    return [p for a, b in zip(sizes, sizes[1:]) for p in linear(batch, a, b)]


def forward(parameters, x, activation):
    last = len(parameters) // 2 - 1
    for i in range(last + 1):
        w, b = parameters[2 * i], parameters[2 * i + 1]
        x = torch.baddbmm(b, x, w) if w.dim() == 3 else torch.addmm(b, x, w)
        x = activation(x) if i < last else x
    return x


class Adam:
    """The optimiser with its count of steps on the device, so that graphs and compilers can hold it."""

    def __init__(self, parameters):
        self.w = parameters
        self.m, self.v = [torch.zeros_like(p) for p in parameters], [torch.zeros_like(p) for p in parameters]
        self.t = [torch.zeros((), device=device) for _ in parameters]

    def step(self, gradients):
        torch._foreach_add_(self.t, 1)
        if options.variant == "compile":  # it fuses loops itself and does not accept the fused kernel
            self.update(gradients)
        else:
            torch._fused_adam_(self.w, gradients, self.m, self.v, [], self.t, lr=1e-3, beta1=0.9, beta2=0.999,
                               weight_decay=0.0, eps=1e-8, amsgrad=False, maximize=False)

    def update(self, gradients):
        rate, root = 1e-3 / (1 - 0.9 ** self.t[0]), (1 - 0.999 ** self.t[0]) ** -0.5
        torch._foreach_lerp_(self.m, gradients, 0.1)
        torch._foreach_mul_(self.v, 0.999)
        torch._foreach_addcmul_(self.v, gradients, gradients, 0.001)
        for w, m, v in zip(self.w, self.m, self.v):
            w -= rate * m / (v.sqrt() * root + 1e-8)


model = network(work.MEMBERS, O + A, work.HIDDEN, work.HIDDEN, O)
policy, log_std = network(0, O, work.POLICY_HIDDEN, work.POLICY_HIDDEN, A), torch.full((A,), -1.0, device=device)
value = network(0, O + 4, work.VALUE_HIDDEN, work.VALUE_HIDDEN, 1)
model_adam, value_adam = Adam(model), Adam(value)
inputs, targets, order = placed(data.inputs), placed(data.targets), placed(data.order)
position = torch.zeros((), dtype=torch.long, device=device)


def fit_loss(parameters, x, y):
    return ((forward(parameters, x, torch.relu) - y) ** 2).mean((1, 2)).sum()


def fit_step():
    at = (position + torch.arange(work.BATCH, device=device)) % options.rows
    position.add_(work.BATCH)
    rows = order[:, at]
    model_adam.step(list(torch.func.grad(fit_loss)(model, inputs[rows], targets[rows])))


def fit_error():
    rows = order[:, :2000]
    return fit_loss(model, inputs[rows], targets[rows])


state = placed(data.starts).repeat(work.MEMBERS, 1, 1)
steps_obs = torch.zeros(H, work.MEMBERS, work.STARTS, O, device=device)
steps_act = torch.zeros(H, work.MEMBERS, work.STARTS, A, device=device)
clock_t = torch.zeros(1, dtype=torch.long, device=device)


def rollout_step():
    flat = state.reshape(-1, O)
    mean = forward(policy, flat, torch.tanh)
    action = (mean + torch.exp(log_std) * torch.randn_like(mean)).reshape(work.MEMBERS, work.STARTS, A)
    steps_obs.index_copy_(0, clock_t, state[None])
    steps_act.index_copy_(0, clock_t, action[None])
    out = forward(model, torch.cat([state, action.clamp(-1, 1)], dim=2), torch.relu)
    state.copy_((state + 0.01 * out).clamp(-100, 100))
    clock_t.copy_((clock_t + 1) % H)


def rolled():
    return torch.isfinite(steps_obs).all() and torch.isfinite(steps_act).all() and (steps_obs != 0).any()


obs, act, features = placed(data.obs), placed(data.act), placed(data.features)
advantages, returns = torch.zeros(options.samples, device=device), torch.zeros(options.samples, device=device)
old_mean, old_log_std = forward(policy, obs, torch.tanh), log_std.clone()
lag = torch.arange(H, device=device)[:, None] - torch.arange(H, device=device)[None, :]


def powers(base):
    """Discounted sums of future values are products with this triangular matrix [H,H]: one launch, no scan."""
    return torch.where(lag >= 0, base ** lag.clamp(min=0).float(), torch.zeros((), device=device))


discounts, fades, tail = powers(work.GAMMA), powers(work.GAMMA * work.LAMBDA), work.GAMMA ** (H - torch.arange(H, device=device))


def advantages_step():
    baseline = forward(value, features, torch.relu).reshape(-1, H)
    rewards = (obs[:, 0] - 0.001 * (act**2).sum(1)).reshape(-1, H)
    delta = rewards + work.GAMMA * torch.cat([baseline[:, 1:], baseline[:, -1:]], 1) - baseline
    estimate = delta @ fades
    advantages.copy_(((estimate - estimate.mean()) / (estimate.std() + 1e-6)).reshape(-1))
    returns.copy_((rewards @ discounts + baseline[:, -1:] * tail).reshape(-1))


def whitened():
    return abs(advantages.mean()) < 1e-3 and abs(advantages.std() - 1) < 1e-3 and returns.std() > 1


def surrogate(mean, spread):
    z, old = (act - mean) / torch.exp(spread), (act - old_mean) / torch.exp(old_log_std)
    return (torch.exp(0.5 * (old**2 - z**2).sum(1) + (old_log_std - spread).sum()) * advantages).mean()


gradient = [torch.zeros_like(p) for p in [*policy, log_std]]


def gradient_step():
    objective = lambda parameters, spread: surrogate(forward(parameters, obs, torch.tanh), spread)
    by_policy, by_spread = torch.func.grad(objective, argnums=(0, 1))(policy, log_std)
    torch._foreach_copy_(gradient, [*by_policy, by_spread])


direction = [torch.randn_like(p) for p in policy]


def fisher_step():
    """Jᵀ Σ⁻¹ J v: the reverse pass is recorded over the forward-mode one, so both share the activations."""
    mean = lambda parameters: forward(parameters, obs, torch.tanh)
    pushed = lambda parameters: torch.func.jvp(mean, (parameters,), (direction,))
    _, back, tangent = torch.func.vjp(pushed, policy, has_aux=True)
    product = back(tangent * torch.exp(-2 * log_std) / options.samples)[0]
    norm = sum((g**2).sum() for g in product).sqrt()
    torch._foreach_copy_(direction, [g / norm for g in product])


compared = torch.zeros(2, device=device)


def compare_step():
    mean = forward(policy, obs, torch.tanh)
    kl = (log_std - old_log_std + (torch.exp(2 * old_log_std) + (old_mean - mean) ** 2) / (2 * torch.exp(2 * log_std)) - 0.5).sum(1).mean()
    compared.copy_(torch.stack([surrogate(mean, log_std), kl]))


value_order = placed(data.value_order)
value_position = torch.zeros((), dtype=torch.long, device=device)


def value_loss(parameters, x, y):
    return ((forward(parameters, x, torch.relu)[:, 0] - y) ** 2).mean()


def value_step():
    rows = value_order[(value_position + torch.arange(work.VALUE_BATCH, device=device)) % options.samples]
    value_position.add_(work.VALUE_BATCH)
    value_adam.step(list(torch.func.grad(value_loss)(value, features[rows], returns[rows])))


def value_error():
    return value_loss(value, features, returns)


error = torch.zeros((), device=device)


def value_error_step():
    error.copy_(value_error())


def finite(tensors):
    return all(bool(torch.isfinite(t).all()) and bool((t != 0).any()) for t in tensors)


def prepared(step, block):
    """A function that does `block` steps in the variant, and `block`. Graphs are captured after a few steps on a
    separate stream: the setup of a library at its first call must not be part of a graph."""
    if options.variant == "compile":
        step = torch.compile(step, fullgraph=True)
    if options.variant == "eager" or device.type != "cuda":
        return step, 1
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for _ in range(block):
            step()
    return graph.replay, block


def wait():
    if device.type == "cuda":
        torch.cuda.synchronize()


def numbers(network):
    return sum(p.numel() for p in network)


clock = work.Clock(f"torch batched, {options.variant}", options, wait,
                   model=numbers(model), policy=numbers(policy) + A, value=numbers(value))
with torch.no_grad():
    for name, step, total, block, check in (
        ("fit", fit_step, options.fit_steps, 10, {"falls": fit_error}),
        ("rollout", rollout_step, H, 50, {"holds": rolled}),
        ("advantages", advantages_step, 1, 1, {"holds": whitened}),
        ("gradient", gradient_step, 1, 1, {"holds": lambda: finite(gradient)}),
        ("fisher", fisher_step, work.CG_STEPS, 1, {"holds": lambda: finite(direction)}),
        ("step", compare_step, 1, 1, {"holds": lambda: torch.isfinite(compared).all() and compared[1].abs() < 1e-5}),
        ("value", value_step, options.value_steps, 10, {"falls": value_error}),
        ("value error", value_error_step, 2, 1, {"holds": lambda: finite([error])}),
    ):
        run, block = prepared(step, block)
        clock.part(name, run, total, block, **check)
clock.report()
