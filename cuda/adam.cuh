// adam.cuh: one Adam update of a parameter. Source: Kingma and Ba 2015, algorithm 1.
#pragma once
#include "layer.cuh"

// Adam holds the constants, rounded from float64: 1-β is a constant of its own, since 1-0.999 in
// float32 is off by 1e-5.
struct Adam {
  double beta1, rest1, beta2, rest2, epsilon, decay;
};

// Corrections are those of one step: rate/(1-β₁ᵗ) and 1/√(1-β₂ᵗ), from the host, float64 there.
struct Corrections {
  float rate, root;
};

// adam_update takes one step on parameter w with gradient g. No sum. CPU twin: nn/cpu/adam.go and
// adamGo in nn/cpu/element.go, which rounds after each operation where this may fuse.
DEVICE void adam_update(float* w, float* m, float* v, float g, Adam a, Corrections c) {
  float before = load_fresh(w), first = *m, second = *v;
  g += (float)a.decay * before;
  first = (float)a.beta1 * first + (float)a.rest1 * g;
  second = (float)a.beta2 * second + (float)a.rest2 * (g * g);
  *m = first, *v = second;
  store_fresh(w, before - (float)c.rate * first / (sqrtf(second) * c.root + (float)a.epsilon));
}
