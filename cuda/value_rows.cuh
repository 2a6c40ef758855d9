// value_rows.cuh: the first phase of a minibatch step of value_fit: ROWS rows of the minibatch through the network,
// the loss, and back to the gradients at the outputs of every layer, in one block that waits for no other. Weights
// change during the launch, so load_fresh reads them. Sums over the inputs of a layer, and back over its outputs:
// as rows_product does.
#pragma once
#include "head.cuh"

// Rows is the shared memory of the phase; gpu/valuefit.go computes the same size.
struct Rows {
  Head head;           // y is the output of the network, then the gradient at it
  float* tape;         // inputs of all layers
  float *even, *odd;   // gradients at the outputs of a layer; layers alternate between them
};

DEVICE Rows value_shared(float* shared, const Fit& f) {
  const Layer last = f.layers[f.count - 1];
  Rows s;
  s.head.sums = (double*)shared;
  s.head.parts = (float*)(s.head.sums + ROW_THREADS);
  s.head.x = nullptr;
  s.head.y = s.head.parts + ROWS * ROW_THREADS;
  s.tape = s.head.y + ROWS * rows_wide(last.out);
  s.even = s.tape + ROWS * (last.tape + rows_wide(last.in));
  s.odd = s.even + ROWS * f.widest;
  return s;
}

DEVICE float* value_tape(const Rows& s, const Layer& layer) { return s.tape + ROWS * layer.tape; }

// value_keep writes a block's rows x [ROWS,width] to the array of the whole minibatch [batch,width].
DEVICE void value_keep(float* to, const float* x, int width, int row, int rows) {
  for (int e = threadIdx.x; e < ROWS * width; e += ROW_THREADS)
    if (row + e / width < rows) store_fresh(to + (int64_t)row * width + e, x[e / width * rows_wide(width) + e % width]);
}

// value_forward fills the tape and the output, and keeps the outputs of the hidden layers.
DEVICE void value_forward(const Fit& f, int row, Minibatch b, const Rows& s) {
  const int inputs = (int)f.layers[0].in;
  const fit_input input(f, 0, 0, b);
  for (int e = threadIdx.x; e < ROWS * inputs; e += ROW_THREADS)
    s.tape[e / inputs * rows_wide(inputs) + e % inputs] = input(row + e / inputs, e % inputs);
  __syncthreads();
  for (int64_t i = 0; i < f.count; i++) {
    const Layer layer = f.layers[i];
    const bool last = i == f.count - 1;
    float* y = last ? s.head.y : value_tape(s, f.layers[i + 1]);
    rows_affine<true>(y, value_tape(s, layer), f.parameters, layer, last ? LINEAR : f.activation, s.head.parts);
    if (!last) value_keep(fit_at(f, f.tape, layer, 0), y, (int)layer.out, row, (int)b.rows);
  }
}

// value_backward keeps the gradients at the outputs of all layers.
DEVICE void value_backward(const Fit& f, int row, Minibatch b, const float* transposed, const Rows& s) {
  const float* delta = s.head.y;
  for (int64_t i = f.count - 1;; i--) {
    const Layer layer = f.layers[i];
    const int in = (int)layer.in, wide = rows_wide(in);
    value_keep(fit_at(f, f.deltas, layer, 0), delta, (int)layer.out, row, (int)b.rows);
    if (i == 0) return;
    const float* y = value_tape(s, layer);
    float* below = i % 2 ? s.odd : s.even;
    rows_product<true>(delta, transposed + layer.weights, nullptr, (int)layer.out, in, s.head.parts, [&](int r, int k, float sum) {
      below[r * wide + k] = sum * slope(y[r * wide + k], f.activation);
    });
    delta = below;
  }
}

// value_rows computes rows ROWS·block.. of a minibatch.
DEVICE void value_rows(const Fit& f, int64_t block, Minibatch b, const float* transposed, float* shared) {
  const Rows s = value_shared(shared, f);
  const int row = (int)block * ROWS;
  value_forward(f, row, b, s);
  head_loss(f, 0, row, b, s.head);
  value_backward(f, row, b, transposed, s);
}
