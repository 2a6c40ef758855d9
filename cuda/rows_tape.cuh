// rows_tape.cuh: forward and backward passes of a network on the few rows that one block holds in shared memory: the
// derivatives by the inputs. The forward pass keeps the input of every layer on a tape; the backward pass replaces
// each by the derivatives with respect to it.
#pragma once
#include "dynamics.cuh"

// Reverse is a read-only network with a copy of its weights that the backward pass reads.
struct Reverse {
  Network network;
  const float* packed;  // [members,apart] see pack.cu
  int64_t apart;        // length of the copy of one member
};

// Product is y [ROWS,out] = x [ROWS,in]·w [in,out], both in shared memory.
struct Product {
  float* y;
  const float *x, *w;
  const float* bias;  // null: a backward pass, whose sums are multiplied by the slope of the activation at the old y
  int in, out, wanted;  // the first `wanted` columns of y are written
  int64_t activation;
};

// rows_multiply sums over k as rows_narrow does. It is a separate function, since a kernel of several networks would
// hold its code many times. Weights bypass the cache: a block reads none twice before it has read all others.
DEVICE_CALL void rows_multiply(Product p, float* parts) {
  const int wide = rows_wide(p.out);
#pragma unroll 1
  for (int first = 0; first < p.out; first += ROW_THREADS) {
    const int columns = min(p.out - first, ROW_THREADS);
    rows_narrow<true>(p.x, p.w + first, p.bias ? p.bias + first : nullptr, p.in, columns, p.out, parts, [&](int r, int j, float sum) {
      float* y = p.y + r * wide + first + j;
      if (first + j < p.wanted) *y = p.bias ? activate(sum, p.activation) : sum * slope(*y, p.activation);
    });
    __syncthreads();
  }
}

// rows_at is where the input of a layer lies on a tape; that of `count` is the output. gpu/pathwise.go computes the
// same size.
DEVICE float* rows_at(float* tape, const Network& n, int64_t layer) {
  if (layer < n.count) return tape + ROWS * n.layers[layer].tape;
  return tape + ROWS * (n.layers[layer - 1].tape + rows_wide(n.layers[layer - 1].in));
}

// rows_record runs a member's layers up to `end` on the tape, which holds the first inputs, rows rows_wide apart.
DEVICE void rows_record(const Network& n, int64_t member, int64_t end, float* tape, float* parts) {
#pragma unroll 1
  for (int64_t i = 0; i < end; i++) {
    const Layer layer = n.layers[i];
    const float* w = n.parameters + member * n.size + layer.weights;
    rows_multiply(Product{rows_at(tape, n, i + 1), rows_at(tape, n, i), w, w + layer.in * layer.out, (int)layer.in, (int)layer.out,
                          (int)layer.out, i == n.count - 1 ? LINEAR : n.activation}, parts);
  }
}

// rows_reverse replaces the inputs on the tape by the derivatives with respect to them, given those with respect to the
// outputs in place of these. All threads see them after the call.
DEVICE void rows_reverse(const Reverse& r, int64_t member, float* tape, float* parts) {
#pragma unroll 1
  for (int64_t i = r.network.count - 1; i >= 0; i--) {
    const Layer layer = r.network.layers[i];
    rows_multiply(Product{rows_at(tape, r.network, i), rows_at(tape, r.network, i + 1), r.packed + member * r.apart + layer.transposed, nullptr,
                          (int)layer.out, rows_wide(layer.in), (int)layer.in, i == 0 ? LINEAR : r.network.activation}, parts);
  }
}
