"""PyTorch as in the reference implementation (mjrl, algos/model_accel): members one after another, the loss
fetched after every minibatch, rollouts of one member at a time on the GPU, policy, Fisher products and value
network on the CPU, Fisher products by double backward. The code is new; the order of work and the devices are the
reference's. The reference loops over paths in Python; this computes all paths at once.
"""

import numpy as np
import torch
from torch import nn

import work
from data import Data

options = work.arguments("PyTorch, eager, as the reference", ["reference"])
O, A, H = options.observation, options.action, options.horizon
device = torch.device(options.device)
torch.manual_seed(1)
data = Data(options)


def mlp(sizes, activation):
    layers = []
    for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
        layers += [nn.Linear(a, b)] + ([activation()] if i < len(sizes) - 2 else [])
    return nn.Sequential(*layers)


def minibatches(rows, batch, place):
    """Indices of minibatches without end; each epoch has a new order."""
    while True:
        order = torch.LongTensor(np.random.permutation(rows)).to(place)
        yield from order[: rows // batch * batch].split(batch)


inputs, targets = torch.from_numpy(data.inputs).to(device), torch.from_numpy(data.targets).to(device)


class Member:
    def __init__(self):
        self.net = mlp([O + A, work.HIDDEN, work.HIDDEN, O], nn.ReLU).to(device)
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=1e-3)
        self.minibatches = minibatches(options.rows, work.BATCH, device)
        self.state = torch.from_numpy(data.starts).to(device)


members = [Member() for _ in range(work.MEMBERS)]
policy = mlp([O, work.POLICY_HIDDEN, work.POLICY_HIDDEN, A], nn.Tanh)
log_std = nn.Parameter(torch.full((A,), -1.0))
theta = list(policy.parameters()) + [log_std]
value = mlp([O + 4, work.VALUE_HIDDEN, work.VALUE_HIDDEN, 1], nn.ReLU)
value_optimizer = torch.optim.Adam(value.parameters(), lr=1e-3)


def fit_step():
    for member in members:
        rows = next(member.minibatches)
        member.optimizer.zero_grad()
        loss = nn.functional.mse_loss(member.net(inputs[rows]), targets[rows])
        loss.backward()
        member.optimizer.step()
        loss.to("cpu").data.numpy()


def fit_error():
    with torch.no_grad():
        return sum(nn.functional.mse_loss(member.net(inputs[:2000]), targets[:2000]) for member in members)


@torch.no_grad()
def rollout_step():
    for member in members:
        seen = member.state.to("cpu")
        mean = policy(seen)
        action = (mean + torch.exp(log_std) * torch.randn_like(mean)).clamp(-1, 1)
        out = member.net(torch.cat([member.state, action.to(device)], dim=1))
        member.state = (member.state + 0.01 * out).clamp(-100, 100)


obs, act, features = torch.from_numpy(data.obs), torch.from_numpy(data.act), torch.from_numpy(data.features)
advantages, returns = torch.zeros(options.samples), torch.zeros(options.samples)
with torch.no_grad():
    old_mean, old_log_std = policy(obs).clone(), log_std.clone()


def log_likelihood():
    z = (act - policy(obs)) / torch.exp(log_std)
    return -0.5 * (z**2).sum(1) - log_std.sum()


def advantages_step():
    with torch.no_grad():
        baseline = value(features).numpy().reshape(work.PATHS, H)
    rewards = obs[:, 0].numpy().reshape(baseline.shape) - 0.001 * (act**2).sum(1).numpy().reshape(baseline.shape)
    estimate, total = np.zeros_like(baseline), np.zeros_like(baseline)
    following, gathered, faded = baseline[:, -1], baseline[:, -1], 0
    for t in reversed(range(H)):
        faded = rewards[:, t] + work.GAMMA * following - baseline[:, t] + work.GAMMA * work.LAMBDA * faded
        gathered = rewards[:, t] + work.GAMMA * gathered
        following, estimate[:, t], total[:, t] = baseline[:, t], faded, gathered
    advantages.copy_(torch.from_numpy((estimate - estimate.mean()) / (estimate.std() + 1e-6)).reshape(-1))
    returns.copy_(torch.from_numpy(total).reshape(-1))


def whitened():
    return abs(advantages.mean()) < 1e-3 and abs(advantages.std() - 1) < 1e-3 and returns.std() > 1


def surrogate():
    old = -0.5 * (((act - old_mean) / torch.exp(old_log_std)) ** 2).sum(1) - old_log_std.sum()
    return (torch.exp(log_likelihood() - old) * advantages).mean()


def divergence():
    mean, std, old_std = policy(obs), torch.exp(log_std), torch.exp(old_log_std)
    return (log_std - old_log_std + (old_std**2 + (old_mean - mean) ** 2) / (2 * std**2) - 0.5).sum(1).mean()


def flat(tensors):
    return torch.cat([t.reshape(-1) for t in tensors])


gradient, direction, compared = torch.zeros(0), torch.randn(sum(p.numel() for p in theta)), torch.zeros(2)


def gradient_step():
    global gradient
    gradient = flat(torch.autograd.grad(surrogate(), theta))


def fisher_step():
    global direction
    first = flat(torch.autograd.grad(divergence(), theta, create_graph=True))
    product = flat(torch.autograd.grad((first * direction).sum(), theta))
    direction = product / product.norm()


@torch.no_grad()
def compare_step():
    global compared
    compared = torch.stack([surrogate(), divergence()])


value_minibatches = minibatches(options.samples, work.VALUE_BATCH, "cpu")


def value_step():
    rows = next(value_minibatches)
    value_optimizer.zero_grad()
    loss = nn.functional.mse_loss(value(features[rows])[:, 0], returns[rows])
    loss.backward()
    value_optimizer.step()


@torch.no_grad()
def value_error():
    return nn.functional.mse_loss(value(features)[:, 0], returns)


def wait():
    if device.type == "cuda":
        torch.cuda.synchronize()


def numbers(parameters):
    return sum(p.numel() for p in parameters)


clock = work.Clock("torch reference", options, wait, model=sum(numbers(m.net.parameters()) for m in members),
                   policy=numbers(theta), value=numbers(value.parameters()))
clock.part("fit", fit_step, options.fit_steps, falls=fit_error)
clock.part("rollout", rollout_step, H, holds=lambda: all(torch.isfinite(m.state).all() for m in members))
clock.part("advantages", advantages_step, 1, holds=whitened)
clock.part("gradient", gradient_step, 1, holds=lambda: torch.isfinite(gradient).all() and gradient.norm() > 0)
clock.part("fisher", fisher_step, work.CG_STEPS, holds=lambda: abs(direction.norm() - 1) < 1e-3)
clock.part("step", compare_step, 1, holds=lambda: torch.isfinite(compared).all() and abs(compared[1]) < 1e-5)
clock.part("value", value_step, options.value_steps, falls=value_error)
clock.part("value error", value_error, 2, holds=lambda: torch.isfinite(value_error()))
clock.report()
