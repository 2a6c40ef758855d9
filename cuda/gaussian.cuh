// gaussian.cuh: the densities of an action under the policy that acted and under the current policy, in
// float64, since ratios are exponentials of differences of squares.
#pragma once
#include "samples.cuh"

// Gaussians holds both policies. Their means change from step to step; their σ do not.
struct Gaussians {
  const float* actions;     // [N,T,A]
  const float* means;       // [N,T,A] means of the policy that acted
  const float* advantages;  // [N,T]
  const double* inverse;    // [A] 1/σ of the policy
  const double* acted;      // [A] 1/σ of the policy that acted
  const double* spread;     // [A] (σ acted / σ)²
  double logRatio;          // Σ log σ acted - log σ
  int64_t action;
};

// gaussian_ratio is π(action)/π_acted(action) in a step, given the mean of the policy.
DEVICE double gaussian_ratio(const Gaussians& g, int64_t step, const float* mean) {
  double sum = 0;
  for (int64_t k = 0; k < g.action; k++) {
    double a = g.actions[step * g.action + k];
    double z = (a - (double)mean[k]) * g.inverse[k], zActed = (a - (double)g.means[step * g.action + k]) * g.acted[k];
    sum += zActed * zActed - z * z;
  }
  return exp(0.5 * sum + g.logRatio);
}

// gaussian_divergence is KL(acted ‖ policy) in a step.
DEVICE double gaussian_divergence(const Gaussians& g, int64_t step, const float* mean) {
  double kl = -g.logRatio;
  for (int64_t k = 0; k < g.action; k++) {
    double difference = ((double)mean[k] - (double)g.means[step * g.action + k]) * g.inverse[k];
    kl += 0.5 * (g.spread[k] + difference * difference - 1);
  }
  return kl;
}
