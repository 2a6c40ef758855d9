"""PyTorch as the reference implementation (mjrl, algos/model_accel) works: members one after another, the
loss fetched after every minibatch, rollouts of one member at a time on the GPU, policy, Fisher products and value
network on the CPU, Fisher products by double backward. The arithmetic is written anew; the order of work and the
places are the reference's.
"""

import numpy as np
import torch
from torch import nn

import work

options = work.arguments("PyTorch, eager, as the reference", ["reference"])
O, A = work.SIZES[options.sizes]
ROWS = work.WORKS[options.algo]["rows"]
device = torch.device(options.device)
torch.manual_seed(1)


def mlp(sizes, activation):
    layers = []
    for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
        layers += [nn.Linear(a, b)] + ([activation()] if i < len(sizes) - 2 else [])
    return nn.Sequential(*layers)


class Member:
    def __init__(self):
        self.net = mlp([O + A, work.HIDDEN, work.HIDDEN, O], nn.ReLU).to(device)
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=1e-3)


members = [Member() for _ in range(work.MEMBERS)]
policy = mlp([O, work.POLICY_HIDDEN, work.POLICY_HIDDEN, A], nn.Tanh)
log_std = nn.Parameter(torch.full((A,), -1.0))
theta = list(policy.parameters()) + [log_std]
value = mlp([O + 4, work.VALUE_HIDDEN, work.VALUE_HIDDEN, 1], nn.ReLU)
value_optimizer = torch.optim.Adam(value.parameters(), lr=1e-3)
inputs, targets = torch.randn(ROWS, O + A, device=device), torch.randn(ROWS, O, device=device)


def fit_step():
    for member in members:
        rows = torch.LongTensor(np.random.choice(ROWS, work.BATCH)).to(device)
        member.optimizer.zero_grad()
        loss = nn.functional.mse_loss(member.net(inputs[rows]), targets[rows])
        loss.backward()
        member.optimizer.step()
        loss.to("cpu").data.numpy()


def rollout_step(state={}):
    with torch.no_grad():
        for member in members:
            obs = state.get(id(member), torch.zeros(work.STARTS, O, device=device))
            mean = policy(obs.to("cpu"))
            action = (mean + torch.exp(log_std) * torch.randn_like(mean)).clamp(-1, 1)
            out = member.net(torch.cat([obs, action.to(device)], dim=1))
            state[id(member)] = (obs + 0.01 * out).clamp(-100, 100)


obs = torch.randn(work.SAMPLES, O)
act = torch.randn(work.SAMPLES, A)
advantages = torch.randn(work.SAMPLES)
with torch.no_grad():
    old_mean, old_log_std = policy(obs).clone(), log_std.clone()
features = torch.cat([obs / 10, torch.rand(work.SAMPLES, 4)], dim=1)
returns = torch.randn(work.SAMPLES)


def log_likelihood():
    z = (act - policy(obs)) / torch.exp(log_std)
    return -0.5 * (z**2).sum(1) - log_std.sum()


def advantages_step():
    with torch.no_grad():
        baseline = value(features).numpy().reshape(work.MEMBERS * work.STARTS, work.HORIZON)
    rewards = obs[:, 0].numpy().reshape(baseline.shape) - 0.001 * (act**2).sum(1).numpy().reshape(baseline.shape)
    delta = rewards + work.GAMMA * np.concatenate([baseline[:, 1:], baseline[:, -1:]], 1) - baseline
    total = np.zeros(len(baseline))
    for t in reversed(range(work.HORIZON)):
        total = delta[:, t] + work.GAMMA * work.LAMBDA * total
        delta[:, t] = total


def surrogate():
    old = -0.5 * (((act - old_mean) / torch.exp(old_log_std)) ** 2).sum(1) - old_log_std.sum()
    return (torch.exp(log_likelihood() - old.detach()) * advantages).mean()


def divergence():
    mean, std, old_std = policy(obs), torch.exp(log_std), torch.exp(old_log_std)
    return (log_std - old_log_std + (old_std**2 + (old_mean - mean) ** 2) / (2 * std**2) - 0.5).sum(1).mean()


def gradient_step():
    torch.autograd.grad(surrogate(), theta)


def fisher_step(v=[torch.randn_like(p) for p in theta]):
    first = torch.autograd.grad(divergence(), theta, create_graph=True)
    torch.autograd.grad(sum((g * x).sum() for g, x in zip(first, v)), theta)


def compare_step():
    with torch.no_grad():
        surrogate(), divergence()


def value_step():
    rows = torch.LongTensor(np.random.choice(work.SAMPLES, work.VALUE_BATCH))
    value_optimizer.zero_grad()
    loss = nn.functional.mse_loss(value(features[rows])[:, 0], returns[rows])
    loss.backward()
    value_optimizer.step()


def wait():
    if device.type == "cuda":
        torch.cuda.synchronize()


clock = work.Clock("torch reference", options, wait)
clock.part("fit", fit_step, work.WORKS[options.algo]["fit_steps"])
clock.part("rollout", rollout_step, work.HORIZON)
clock.part("advantages", advantages_step, 1)
clock.part("gradient", gradient_step, 1)
clock.part("fisher", fisher_step, work.CG_STEPS)
clock.part("step", compare_step, 1)
clock.part("value", value_step, work.VALUE_STEPS)
clock.report()
