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

// rows_at is where the input of a layer lies on a tape; that of `count` is the output. gpu/pathwise.go computes the
// same size.
DEVICE float* rows_at(float* tape, const Network& n, int64_t layer) {
  if (layer < n.count) return tape + ROWS * n.layers[layer].tape;
  return tape + ROWS * (n.layers[layer - 1].tape + rows_wide(n.layers[layer - 1].in));
}

// rows_record runs a member's layers up to `end` on the tape, which holds the first inputs, rows rows_wide apart.
DEVICE void rows_record(const Network& n, int64_t member, int64_t end, float* tape, float* parts) {
  for (int64_t i = 0; i < end; i++)
    rows_affine<false>(rows_at(tape, n, i + 1), rows_at(tape, n, i), n.parameters + member * n.size, n.layers[i],
                       i == n.count - 1 ? LINEAR : n.activation, parts);
}

// rows_reverse replaces the inputs on the tape by the derivatives with respect to them, given those with respect to the
// outputs in place of these. All threads see them after the call. Sums over the outputs of a layer as rows_product does.
DEVICE void rows_reverse(const Reverse& r, int64_t member, float* tape, float* parts) {
  for (int64_t i = r.network.count - 1; i >= 0; i--) {
    const Layer layer = r.network.layers[i];
    const int in = (int)layer.in, wide = rows_wide(in);
    float* below = rows_at(tape, r.network, i);
    const int64_t activation = i == 0 ? LINEAR : r.network.activation;
    rows_product<false>(rows_at(tape, r.network, i + 1), r.packed + member * r.apart + layer.transposed, nullptr, (int)layer.out, wide, parts,
                        [&](int row, int k, float sum) {
                          if (k < in) below[row * wide + k] = sum * slope(below[row * wide + k], activation);
                        });
  }
}
