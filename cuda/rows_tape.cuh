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
  float* slopes;  // rows as in y: a forward pass writes the slopes, a backward pass reads them; null: they follow from y
};

// rows_multiply sums over k as rows_narrow does. It is a separate function, since a kernel of several networks would
// hold its code many times. Weights bypass the cache: a block reads none twice before it has read all others.
DEVICE_CALL void rows_multiply(Product p, float* parts) {
  const int wide = rows_wide(p.out);
#pragma unroll 1
  for (int first = 0; first < p.out; first += ROW_THREADS) {
    const int columns = min(p.out - first, ROW_THREADS);
    rows_narrow<true>(p.x, p.w + first, p.bias ? p.bias + first : nullptr, p.in, columns, p.out, parts, [&](int r, int j, float sum) {
      const int at = r * wide + first + j;
      if (first + j >= p.wanted) return;
      if (p.slopes)
        p.y[at] = p.bias ? unit_smooth(sum, 1.0f, p.activation, p.slopes + at) : sum * p.slopes[at];
      else
        p.y[at] = p.bias ? activate(sum, p.activation) : sum * slope(p.y[at], p.activation);
    });
    __syncthreads();
  }
}

// rows_at is where the input of a layer lies on a tape; that of `count` is the output. gpu/network.go computes the
// same size.
DEVICE float* rows_at(float* tape, const Network& n, int64_t layer) {
  if (layer < n.count) return tape + ROWS * n.layers[layer].tape;
  return tape + ROWS * (n.layers[layer - 1].tape + rows_wide(n.layers[layer - 1].in));
}

// Bends is the part of a tape, after the outputs, that belongs to layers whose slopes do not follow from their outputs.
struct Bends {
  float* slopes;    // those of the first hidden layer; the others lie as far from it as their outputs from its outputs
  float* inverses;  // [hidden layers,ROWS] by what rows_standardise multiplied
  float* by;        // [ROWS,widest hidden] derivatives by normalised outputs
};

DEVICE Bends rows_bends(float* tape, const Network& n) {
  const Layer last = n.layers[n.count - 1];
  Bends b;
  b.slopes = rows_at(tape, n, n.count) + ROWS * rows_wide(last.out);
  b.inverses = b.slopes + ROWS * (n.count > 1 ? last.tape + rows_wide(last.in) - n.layers[1].tape : 0);
  b.by = b.inverses + ROWS * (n.count - 1);
  return b;
}

DEVICE bool rows_bent(const Network& n) { return n.activation == SILU || n.norm; }

// rows_slopes is where the slopes lie that belong to the inputs of a layer.
DEVICE float* rows_slopes(const Network& n, const Bends& b, int64_t layer) {
  return b.slopes + ROWS * (n.layers[layer].tape - n.layers[1].tape);
}

// rows_record runs a member's layers up to `end` on the tape, which holds the first inputs, rows rows_wide apart.
DEVICE void rows_record(const Network& n, int64_t member, int64_t end, float* tape, float* parts) {
  const Bends bends = rows_bends(tape, n);
#pragma unroll 1
  for (int64_t i = 0; i < end; i++) {
    const Layer layer = n.layers[i];
    const bool last = i == n.count - 1;
    const float* w = n.parameters + member * n.size + layer.weights;
    float* out = rows_at(tape, n, i + 1);
    rows_multiply(Product{out, rows_at(tape, n, i), w, w + layer.in * layer.out, (int)layer.in, (int)layer.out, (int)layer.out,
                          last ? LINEAR : n.activation, !last && rows_bent(n) ? rows_slopes(n, bends, i + 1) : nullptr}, parts);
    if (n.norm && !last) rows_standardise(out, layer, bends.inverses + ROWS * i);
  }
}

// rows_roughen turns derivatives by the normalised inputs of a layer, bends.by, into those by the sums of the layer below,
// in place of the inputs.
DEVICE void rows_roughen(const Network& n, const Bends& bends, int64_t layer, float* tape) {
  const int width = (int)n.layers[layer].in, wide = rows_wide(width);
  float* h = rows_at(tape, n, layer);
  const float* slopes = rows_slopes(n, bends, layer);
#pragma unroll 1
  for (int r = threadIdx.x / WARP; r < ROWS; r += ROW_THREADS / WARP)
    row_roughen(h + r * wide, bends.by + r * wide, h + r * wide, slopes + r * wide, width, bends.inverses[ROWS * (layer - 1) + r]);
  __syncthreads();
}

// rows_reverse replaces the inputs on the tape by the derivatives with respect to them, or to the sums of the layers below,
// given those with respect to the outputs in place of these. All threads see them after the call.
DEVICE void rows_reverse(const Reverse& r, int64_t member, float* tape, float* parts) {
  const Network& n = r.network;
  const Bends bends = rows_bends(tape, n);
#pragma unroll 1
  for (int64_t i = n.count - 1; i >= 0; i--) {
    const Layer layer = n.layers[i];
    const bool norm = n.norm && i > 0, bent = rows_bent(n) && i > 0;
    rows_multiply(Product{norm ? bends.by : rows_at(tape, n, i), rows_at(tape, n, i + 1), r.packed + member * r.apart + layer.transposed, nullptr,
                          (int)layer.out, rows_wide(layer.in), (int)layer.in, i == 0 || norm ? LINEAR : n.activation,
                          bent && !norm ? rows_slopes(n, bends, i) : nullptr}, parts);
    if (norm) rows_roughen(n, bends, i, tape);
  }
}
