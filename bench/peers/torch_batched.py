"""PyTorch at its best on one GPU: all members in one batched product, everything on the GPU, Fisher products by
one forward-mode and one reverse-mode pass, no host in the loop. Variants: eager; graphs (CUDA graphs of several
steps each); compile (torch.compile, then CUDA graphs). float32 without TF32, as palmal computes.
"""

import torch

import work

options = work.arguments("PyTorch, batched", ["eager", "graphs", "compile"])
O, A = work.SIZES[options.sizes]
ROWS = work.WORKS[options.algo]["rows"]
device = torch.device(options.device)
torch.manual_seed(1)
torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False


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
    """The optimiser with its step on the GPU, so that graphs and compilers can hold it."""

    def __init__(self, parameters):
        self.w = parameters
        self.m, self.v = [torch.zeros_like(p) for p in parameters], [torch.zeros_like(p) for p in parameters]
        self.t = torch.zeros((), device=device)

    def step(self, gradients):
        self.t += 1
        rate, root = 1e-3 / (1 - 0.9**self.t), (1 - 0.999**self.t) ** -0.5
        torch._foreach_lerp_(self.m, gradients, 0.1)
        torch._foreach_mul_(self.v, 0.999)
        torch._foreach_addcmul_(self.v, gradients, gradients, 0.001)
        for w, m, v in zip(self.w, self.m, self.v):
            w -= rate * m / (v.sqrt() * root + 1e-8)


model = network(work.MEMBERS, O + A, work.HIDDEN, work.HIDDEN, O)
policy, log_std = network(0, O, work.POLICY_HIDDEN, work.POLICY_HIDDEN, A), torch.full((A,), -1.0, device=device)
value = network(0, O + 4, work.VALUE_HIDDEN, work.VALUE_HIDDEN, 1)
model_adam, value_adam = Adam(model), Adam(value)
inputs, targets = torch.randn(ROWS, O + A, device=device), torch.randn(ROWS, O, device=device)
order = torch.stack([torch.randperm(ROWS, device=device) for _ in range(work.MEMBERS)])
position = torch.zeros((), dtype=torch.long, device=device)


def fit_step():
    at = (position + torch.arange(work.BATCH, device=device)) % ROWS
    position.add_(work.BATCH)
    rows = order[:, at]

    def loss(parameters):
        return ((forward(parameters, inputs[rows], torch.relu) - targets[rows]) ** 2).mean((1, 2)).sum()

    model_adam.step(list(torch.func.grad(loss)(model)))


state = torch.zeros(work.MEMBERS, work.STARTS, O, device=device)
steps_obs = torch.zeros(work.HORIZON, work.MEMBERS, work.STARTS, O, device=device)
steps_act = torch.zeros(work.HORIZON, work.MEMBERS, work.STARTS, A, device=device)
clock_t = torch.zeros(1, dtype=torch.long, device=device)


def rollout_step():
    flat = state.reshape(-1, O)
    mean = forward(policy, flat, torch.tanh)
    action = (mean + torch.exp(log_std) * torch.randn_like(mean)).reshape(work.MEMBERS, work.STARTS, A)
    steps_obs.index_copy_(0, clock_t, state[None])
    steps_act.index_copy_(0, clock_t, action[None])
    out = forward(model, torch.cat([state, action.clamp(-1, 1)], dim=2), torch.relu)
    state.copy_((state + 0.01 * out).clamp(-100, 100))
    clock_t.copy_((clock_t + 1) % work.HORIZON)


obs, act = torch.randn(work.SAMPLES, O, device=device), torch.randn(work.SAMPLES, A, device=device)
advantages, returns = torch.randn(work.SAMPLES, device=device), torch.randn(work.SAMPLES, device=device)
old_mean, old_log_std = forward(policy, obs, torch.tanh), log_std.clone()
features = torch.cat([obs / 10, torch.rand(work.SAMPLES, 4, device=device)], dim=1)
fade = (work.GAMMA * work.LAMBDA) ** torch.arange(work.HORIZON, device=device, dtype=torch.float32)


def advantages_step():
    """The scan over time is a product with a triangular matrix of powers: 500 × 500, one launch."""
    baseline = forward(value, features, torch.relu).reshape(-1, work.HORIZON)
    rewards = (obs[:, 0] - 0.001 * (act**2).sum(1)).reshape(-1, work.HORIZON)
    delta = rewards + work.GAMMA * torch.cat([baseline[:, 1:], baseline[:, -1:]], 1) - baseline
    index = torch.arange(work.HORIZON, device=device)
    lag = index[:, None] - index[None, :]
    estimate = delta @ torch.where(lag >= 0, fade[lag.clamp(min=0)], torch.zeros((), device=device))
    advantages.copy_(((estimate - estimate.mean()) / estimate.std()).reshape(-1))


def log_ratio(parameters, spread):
    z = (act - forward(parameters, obs, torch.tanh)) / torch.exp(spread)
    old = (act - old_mean) / torch.exp(old_log_std)
    return 0.5 * (old**2 - z**2).sum(1) + (old_log_std - spread).sum()


def surrogate(parameters, spread):
    return (torch.exp(log_ratio(parameters, spread)) * advantages).mean()


def gradient_step():
    return torch.func.grad(surrogate, argnums=(0, 1))(policy, log_std)


direction = [torch.randn_like(p) for p in policy]


def fisher_step():
    mean = lambda parameters: forward(parameters, obs, torch.tanh)
    _, tangent = torch.func.jvp(mean, (policy,), (direction,))
    _, back = torch.func.vjp(mean, policy)
    product = back(tangent * torch.exp(-2 * log_std) / work.SAMPLES)[0]
    norm = sum((g**2).sum() for g in product).sqrt()
    for d, g in zip(direction, product):
        d.copy_(g / norm)


def compare_step():
    mean = forward(policy, obs, torch.tanh)
    kl = (log_std - old_log_std + (torch.exp(2 * old_log_std) + (old_mean - mean) ** 2) / (2 * torch.exp(2 * log_std)) - 0.5).sum(1).mean()
    return surrogate(policy, log_std), kl


value_order = torch.randperm(work.SAMPLES, device=device)
value_position = torch.zeros((), dtype=torch.long, device=device)


def value_step():
    rows = value_order[(value_position + torch.arange(work.VALUE_BATCH, device=device)) % work.SAMPLES]
    value_position.add_(work.VALUE_BATCH)
    loss = lambda parameters: ((forward(parameters, features[rows], torch.relu)[:, 0] - returns[rows]) ** 2).mean()
    value_adam.step(list(torch.func.grad(loss)(value)))


def prepared(step, block):
    """A function that does `block` steps the way of the variant."""
    if options.variant == "compile":
        step = torch.compile(step)
    if options.variant == "eager":
        return step, 1
    side = torch.cuda.Stream()
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


clock = work.Clock(f"torch batched, {options.variant}", options, wait)
with torch.no_grad():
    for name, step, total, block in (
        ("fit", fit_step, work.WORKS[options.algo]["fit_steps"], 10), ("rollout", rollout_step, work.HORIZON, 50),
        ("advantages", advantages_step, 1, 1), ("gradient", gradient_step, 1, 1), ("fisher", fisher_step, work.CG_STEPS, 1),
        ("step", compare_step, 1, 1), ("value", value_step, work.VALUE_STEPS, 10),
    ):
        run, block = prepared(step, block)
        clock.part(name, run, total, block)
clock.report()
