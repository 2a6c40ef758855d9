// samples.cuh: forward, tangent and backward passes of a small network on a tile of samples that one block
// holds in shared memory. Weights are read from a padded copy, see pack.cu.
//
// Every row of inputs ends in a 1, the factor of the bias, which is the last row of the weights. Rows are
// padded with 0 to whole float4, so that no loop has a remainder. A thread owns 4 samples × 4 columns of an
// output, or 4 × 4 parameters of a gradient.
#pragma once
#include "layer.cuh"
#include "quad.cuh"

#define SAMPLE_THREADS 256

// Widths and offsets within a tile are int: int64_t would make every division of an index a call.
DEVICE int narrow(int64_t n) { return (int)round_up(n, 4); }    // n numbers in whole float4
DEVICE int wide(int64_t n) { return (int)round_up(n + 1, 4); }  // n numbers and the 1 of the bias

// Pass is a network and the shape of its tile.
struct Pass {
  const float* packed;  // see pack.cu
  const Layer* layers;
  int64_t count;       // number of layers
  int64_t activation;  // activation of the hidden layers
  int64_t samples;     // S, samples of a tile, a multiple of 4
  int64_t tape;        // floats of the inputs of all layers for one sample
  int64_t widest;      // widest output of a layer, in whole float4
};

// Steps selects steps of the paths as samples.
struct Steps {
  const float* observations;  // [N,T+1,O]
  const int32_t* steps;       // [n] path·T + t
  int64_t horizon, observation;
  int64_t stride;  // every stride-th step
  int64_t count;   // number of samples
};

// Buffers is the shared memory of a tile; gpu/network.go computes the same size.
struct Buffers {
  float* tape;      // inputs [S,wide(in)] of each layer
  float* out;       // [S,narrow(out)], output of the last layer
  float *even, *odd;  // [S,widest] each; layers alternate between them
};

DEVICE float* swing(const Buffers& b, int64_t layer) { return layer % 2 ? b.odd : b.even; }

DEVICE Buffers buffers_shared(float* shared, const Pass& p) {
  Buffers b;
  b.tape = shared;
  b.out = b.tape + p.samples * p.tape;
  b.even = b.out + p.samples * narrow(p.layers[p.count - 1].out);
  b.odd = b.even + p.samples * p.widest;
  return b;
}

DEVICE float* tape_at(const Pass& p, const Buffers& b, int64_t layer) { return b.tape + p.samples * p.layers[layer].tape; }

// tape_clear writes the 1 of the bias after each layer's inputs and zeroes the padding, once for all tiles. It
// relies on the barrier after the first load.
DEVICE void tape_clear(const Pass& p, const Buffers& b) {
  for (int64_t i = 0; i < p.count; i++) {
    const int in = (int)p.layers[i].in, pads = wide(in) - in;
    for (int e = threadIdx.x; e < (int)p.samples * pads; e += SAMPLE_THREADS)
      tape_at(p, b, i)[e / pads * wide(in) + in + e % pads] = e % pads == 0 ? 1.0f : 0.0f;
  }
}

// tile_add adds Σ_k x[s][k]·m[k][j], k ascending, to a thread's 4 samples × 4 columns. depth is whole
// float4.
DEVICE void tile_add(float (&c)[4][4], const float* x, int xWide, const float* m, int mWide, int depth) {
#pragma unroll 1
  for (int k = 0; k < depth; k += 4) {
    float4 w[4];
#pragma unroll
    for (int i = 0; i < 4; i++) w[i] = *(const float4*)(m + (k + i) * mWide);
#pragma unroll
    for (int s = 0; s < 4; s++) {
      const float4 at = *(const float4*)(x + s * xWide + k);
      const float row[4] = {at.x, at.y, at.z, at.w};
#pragma unroll
      for (int i = 0; i < 4; i++) {
        c[s][0] = fmaf(row[i], w[i].x, c[s][0]);
        c[s][1] = fmaf(row[i], w[i].y, c[s][1]);
        c[s][2] = fmaf(row[i], w[i].z, c[s][2]);
        c[s][3] = fmaf(row[i], w[i].w, c[s][3]);
      }
    }
  }
}

// tile_parts deals the 4×4 parts of an output [rows,columns] to the threads; work(row, column).
template <class F>
DEVICE void tile_parts(int64_t rows, int64_t columns, F work) {
  const int across = (int)(columns + 3) / 4, down = (int)(rows + 3) / 4;
  for (int e = threadIdx.x; e < down * across; e += SAMPLE_THREADS) work(e / across * 4, e % across * 4);
  __syncthreads();
}

// pass_forward runs the layers on the tape, which holds the first inputs, and writes the last output to b.out
// unless `outputs` is false.
DEVICE void pass_forward(const Pass& p, const Buffers& b, bool outputs) {
  for (int64_t i = 0; i + (outputs ? 0 : 1) < p.count; i++) {
    const Layer l = p.layers[i];
    const bool last = i == p.count - 1;
    const float* x = tape_at(p, b, i);
    float* y = last ? b.out : tape_at(p, b, i + 1);
    const int yWide = last ? narrow(l.out) : wide(l.out);
    tile_parts(p.samples, l.out, [&](int s, int j) {
      float c[4][4] = {};
      tile_add(c, x + s * wide(l.in), wide(l.in), p.packed + l.packed + j, narrow(l.out), wide(l.in));
#pragma unroll
      for (int r = 0; r < 4; r++)
#pragma unroll
        for (int q = 0; q < 4; q++)
          if (j + q < l.out || last) y[(s + r) * yWide + j + q] = activate(c[r][q], last ? LINEAR : p.activation);
    });
  }
}

// pass_tangent writes the derivative of the output along v, a vector packed like the parameters, to b.out.
// Needs the tape. The tangent of a layer is (tangent below·W + inputs·V) · slope.
DEVICE void pass_tangent(const Pass& p, const Buffers& b, const float* v) {
  const float* below = nullptr;
  for (int64_t i = 0; i < p.count; i++) {
    const Layer l = p.layers[i];
    const bool last = i == p.count - 1;
    const float *x = tape_at(p, b, i), *y = last ? nullptr : tape_at(p, b, i + 1);
    float* out = last ? b.out : swing(b, i);
    tile_parts(p.samples, l.out, [&](int s, int j) {
      float c[4][4] = {};
      if (below) tile_add(c, below + s * narrow(l.in), narrow(l.in), p.packed + l.packed + j, narrow(l.out), narrow(l.in));
      tile_add(c, x + s * wide(l.in), wide(l.in), v + l.packed + j, narrow(l.out), wide(l.in));
#pragma unroll
      for (int r = 0; r < 4; r++)
#pragma unroll
        for (int q = 0; q < 4; q++) {
          float rate = last ? 1.0f : j + q < l.out ? slope(y[(s + r) * wide(l.out) + j + q], p.activation) : 0.0f;
          out[(s + r) * narrow(l.out) + j + q] = c[r][q] * rate;
        }
    });
    below = out;
  }
}

// part_add adds the first `count` of four neighbours of a gradient to partial sums, or sets them.
DEVICE void part_add(float* sum, const float (&c)[4], int count, bool set) {
  if (count == 4 && quad_aligned(sum)) {
    const float4 at = set ? make_float4(0.0f, 0.0f, 0.0f, 0.0f) : *(const float4*)sum;
    *(float4*)sum = make_float4(at.x + c[0], at.y + c[1], at.z + c[2], at.w + c[3]);
    return;
  }
#pragma unroll
  for (int q = 0; q < 4; q++)
    if (q < count) sum[q] = set ? c[q] : sum[q] + c[q];
}

// pass_gradient adds the gradient of a layer, weights and bias, summed over the samples of the tile in
// ascending order, to this block's partial sums; the first tile of a block sets them.
DEVICE void pass_gradient(const Pass& p, int64_t layer, const float* x, const float* delta, float* partial, bool set) {
  const Layer l = p.layers[layer];
  tile_parts(l.in + 1, l.out, [&](int k, int j) {
    float c[4][4] = {};
#pragma unroll 2
    for (int s = 0; s < (int)p.samples; s++) {
      const float4 a = *(const float4*)(x + s * wide(l.in) + k), d = *(const float4*)(delta + s * narrow(l.out) + j);
      const float rows[4] = {a.x, a.y, a.z, a.w};
#pragma unroll
      for (int r = 0; r < 4; r++) {
        c[r][0] = fmaf(rows[r], d.x, c[r][0]);
        c[r][1] = fmaf(rows[r], d.y, c[r][1]);
        c[r][2] = fmaf(rows[r], d.z, c[r][2]);
        c[r][3] = fmaf(rows[r], d.w, c[r][3]);
      }
    }
#pragma unroll
    for (int r = 0; r < 4; r++)
      if (k + r <= l.in) part_add(partial + l.weights + (k + r) * l.out + j, c[r], min((int)l.out - j, 4), set);
  });
}

// pass_backward adds the gradient of all parameters of the network to this block's partial sums, given the
// gradient at the outputs in b.out. Needs the tape.
DEVICE void pass_backward(const Pass& p, const Buffers& b, float* partial, bool set) {
  const float* delta = b.out;
  for (int64_t i = p.count - 1;; i--) {
    const Layer l = p.layers[i];
    const float* x = tape_at(p, b, i);
    pass_gradient(p, i, x, delta, partial, set);
    if (i == 0) return;
    float* below = swing(b, i);
    tile_parts(p.samples, l.in, [&](int s, int k) {
      float c[4][4] = {};
      tile_add(c, delta + s * narrow(l.out), narrow(l.out), p.packed + l.transposed + k, narrow(l.in), narrow(l.out));
#pragma unroll
      for (int r = 0; r < 4; r++)
#pragma unroll
        for (int q = 0; q < 4; q++) {
          float rate = k + q < l.in ? slope(x[(s + r) * wide(l.in) + k + q], p.activation) : 0.0f;
          below[(s + r) * narrow(l.in) + k + q] = c[r][q] * rate;
        }
    });
    delta = below;
  }
}

// steps_load writes the normalised observations of samples first.. to the tape, 0 after the last sample.
DEVICE void steps_load(const Steps& s, const Pass& p, const Buffers& b, const float* in, int64_t first) {
  const int o = (int)s.observation;
  for (int e = threadIdx.x; e < (int)p.samples * o; e += SAMPLE_THREADS) {
    const int sample = e / o, k = e % o;
    float x = 0.0f;
    if (first + sample < s.count) {
      const int step = s.steps[(first + sample) * s.stride];
      x = (s.observations[(int64_t)(step + step / (int)s.horizon) * o + k] - in[k]) / in[o + k];
    }
    b.tape[sample * wide(o) + k] = x;
  }
  __syncthreads();
}
