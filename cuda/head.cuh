// head.cuh: the last layer of a regression, its loss, and the backward pass to the last hidden layer, on ROWS rows.
#pragma once
#include "fit.cuh"

// Head is the shared memory of the last layer; gpu/regression.go computes the same size.
struct Head {
  float *x, *y, *parts;
  double *sums, *shares;  // shares [ROWS,2·outputs] of the rows in the sums of a likelihood
};

DEVICE Head head_shared(float* shared, const Fit& f) {
  const Layer last = f.layers[f.count - 1];
  Head h;
  h.sums = (double*)shared;
  h.shares = h.sums + ROW_THREADS;
  h.parts = (float*)(h.shares + (f.likelihood.kind ? 2 * ROWS * f.outputs : 0));
  h.x = h.parts + ROWS * ROW_THREADS;
  h.y = h.x + ROWS * rows_wide(last.in);
  return h;
}

// head_load stages the inputs of the last layer; each thread has HEAD_AHEAD loads in flight.
#define HEAD_AHEAD 8
DEVICE void head_load(const Fit& f, int64_t member, int row, Minibatch b, Head h) {
  const int in = (int)f.layers[f.count - 1].in, wide = rows_wide(in);
  const fit_input input(f, f.count - 1, member, b);
  for (int first = threadIdx.x; first < ROWS * in; first += HEAD_AHEAD * ROW_THREADS) {
    float x[HEAD_AHEAD];
#pragma unroll
    for (int n = 0; n < HEAD_AHEAD; n++) {
      const int e = first + n * ROW_THREADS;
      x[n] = input(row + e / in, e < ROWS * in ? e % in : in);
    }
#pragma unroll
    for (int n = 0; n < HEAD_AHEAD; n++) {
      const int e = first + n * ROW_THREADS;
      if (e < ROWS * in) h.x[e / in * wide + e % in] = x[n];
    }
  }
  __syncthreads();
}

// head_keep writes the sum of the block's squared errors.
DEVICE void head_keep(const Fit& f, int64_t member, int row, Minibatch b, double sum) {
  if (threadIdx.x == 0) f.losses[(b.step * f.members + member) * tiles_of(f.batch, ROWS) + row / ROWS] = sum;
}

// head_error is the error of an output; that of a termination is the error of its probability.
DEVICE float head_error(const Fit& f, int j, float guess, float target) {
  return (j == f.termination ? (float)(1.0 / (1.0 + exp(-(double)guess))) : guess) - target;
}

// head_weight is the weight of a row of the data.
DEVICE float head_weight(const Fit& f, int64_t member, int64_t at) { return f.emphasis ? f.emphasis[member * f.rows + at] : 1.0f; }

// head_loss turns the outputs y into gradients at the outputs and adds up the squared errors. The gradient of a termination
// is that of twice the cross-entropy.
DEVICE void head_loss(const Fit& f, int64_t member, int row, Minibatch b, Head h) {
  const int out = (int)f.layers[f.count - 1].out, wide = rows_wide(out);
  const float scale = f.predicted > 0 ? (float)(2.0 / ((double)b.rows * f.predicted)) : 0.0f;
  double sum = 0;
  for (int e = threadIdx.x; e < ROWS * out; e += ROW_THREADS) {
    const int r = e / out, j = e % out;
    float* y = h.y + r * wide + j;
    if (row + r >= b.rows || f.counted[j] == 0.0f) {
      *y = 0.0f;
      continue;
    }
    const int64_t at = fit_row(f, member, b.first + row + r);
    const float target = f.targets[at * out + j], difference = head_error(f, j, *y, target);
    const float weight = j == f.termination && target > 0.0f ? f.weights[j] * (float)f.terminal : f.weights[j];
    sum += (double)difference * (double)difference;
    *y = weight * scale * difference * head_weight(f, member, at);
  }
  head_keep(f, member, row, b, sum_block(sum, h.sums));
}

// head_back writes the gradients at the outputs, and at those of the last hidden layer.
DEVICE void head_back(const Fit& f, int64_t member, int row, Minibatch b, Head h) {
  const Layer last = f.layers[f.count - 1];
  const int in = (int)last.in, out = (int)last.out, rows = (int)b.rows - row, xWide = rows_wide(in), yWide = rows_wide(out);
  float* delta = fit_at(f, f.deltas, last, member) + (int64_t)row * out;
  for (int e = threadIdx.x; e < ROWS * out; e += ROW_THREADS)
    if (e / out < rows) store_fresh(delta + e, h.y[e / out * yWide + e % out]);
  if (f.count == 1) return;
  const float* w = f.parameters + member * f.size + last.weights;
  float* below = fit_at(f, f.deltas, f.layers[f.count - 2], member) + (int64_t)row * in;
  const float* slopes = f.smooth.slopes ? fit_slopes(f, f.layers[f.count - 2], member) + (int64_t)row * in : nullptr;
  for (int k = threadIdx.x; k < in; k += ROW_THREADS) {
    float sums[ROWS] = {};
    for (int j = 0; j < out; j += 4) {
      const int count = min(out - j, 4);
      float weight[4];
      quad_load(weight, w + k * out + j, count, quad_aligned(w + k * out + j) && count == 4);
#pragma unroll
      for (int q = 0; q < 4; q++)
        if (q < count)
#pragma unroll
          for (int r = 0; r < ROWS; r++) sums[r] = fmaf(h.y[r * yWide + j + q], weight[q], sums[r]);
    }
#pragma unroll
    for (int r = 0; r < ROWS; r++)
      if (r < rows) store_fresh(below + r * in + k, sums[r] * fit_slope(f, slopes ? slopes[r * in + k] : h.x[r * xWide + k]));
  }
}
