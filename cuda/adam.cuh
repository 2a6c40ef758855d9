// adam.cuh: one Adam update of a parameter. Source: Kingma and Ba 2015, algorithm 1.
#pragma once
#include "quad.cuh"

// Adam holds the constants, rounded from float64. 1-β is a separate constant, since 1-0.999 in float32
// is off by 1e-5.
struct Adam {
  double beta1, complement1, beta2, complement2, epsilon, decay;
};

// Corrections are the factors of one step, rate/(1-β₁ᵗ) and 1/√(1-β₂ᵗ), computed by the host in float64.
struct Corrections {
  float rate, root;
};

// adam_step takes one step on parameter w with moments m and v and gradient g. No sum. CPU twin: nn/cpu/adam.go
// and adamGo in nn/cpu/element.go, which rounds after each operation. Multiply-adds are fused by fmaf alone: the
// compiler's own choice may differ between kernels.
DEVICE void adam_step(float& w, float& m, float& v, float g, const Adam& a, Corrections c) {
  g = fmaf((float)a.decay, w, g);
  m = fmaf((float)a.beta1, m, (float)a.complement1 * g);
  v = fmaf((float)a.beta2, v, (float)a.complement2 * (g * g));
  w -= (float)c.rate * m / fmaf(sqrtf(v), c.root, (float)a.epsilon);
}

// adam_quad takes the step on the first `count` of four neighbours, at p in each of the three arrays. Parameters are
// multiplied by shrink first.
DEVICE void adam_quad(float* parameters, float* moment1, float* moment2, int64_t p, int count, const float (&g)[4],
                      const Adam& a, Corrections c, float shrink) {
  const bool whole = quad_aligned(parameters + p) && count == 4;  // arrays begin alike
  float w[4], m[4], v[4];
  quad_load(w, parameters + p, count, whole);
  quad_load(m, moment1 + p, count, whole);
  quad_load(v, moment2 + p, count, whole);
#pragma unroll
  for (int q = 0; q < 4; q++) w[q] *= shrink, adam_step(w[q], m[q], v[q], g[q], a, c);
  quad_store(parameters + p, w, count, whole);
  quad_store(moment1 + p, m, count, whole);
  quad_store(moment2 + p, v, count, whole);
}
