// rows.cuh: a network on the few rows that one block holds in shared memory. Weights stream from
// memory (L2, usually) once for all rows of the block.
#pragma once
#include "smooth.cuh"

#define ROWS 8             // rows of a block
#define ROW_THREADS 256    // threads of a block
#define ROW_COLUMNS 2      // columns of a thread where a layer is wider than the block
#define ROW_AHEAD 16       // weights that a thread loads ahead while it multiplies

// rows_wide is the stride of rows in shared memory: whole float4.
DEVICE int rows_wide(int64_t width) { return (int)round_up(width, 4); }

template <bool FRESH>
DEVICE float rows_weight(const float* p) {
  return FRESH ? load_fresh(p) : *p;
}

// rows_fetch reads D rows of weights, the first `columns` of C columns of a thread.
template <int C, int D, bool FRESH>
DEVICE void rows_fetch(float (&weight)[D][C], const float* p, int out, int columns) {
#pragma unroll
  for (int i = 0; i < D; i++, p += out)
#pragma unroll
    for (int c = 0; c < C; c++) weight[i][c] = c < columns ? rows_weight<FRESH>(p + c * ROW_THREADS) : 0.0f;
}

// rows_add adds Σ x[r][k]·weight[k][c], k < D, to sums[c][r].
template <int C, int D>
DEVICE void rows_add(float (&sums)[C][ROWS], const float* x, int wide, const float (&weight)[D][C]) {
#pragma unroll
  for (int k = 0; k < D; k += 4)
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
      const float4 at = *(const float4*)(x + r * wide + k);
#pragma unroll
      for (int c = 0; c < C; c++) {
        sums[c][r] = fmaf(at.x, weight[k][c], sums[c][r]);
        sums[c][r] = fmaf(at.y, weight[k + 1][c], sums[c][r]);
        sums[c][r] = fmaf(at.z, weight[k + 2][c], sums[c][r]);
        sums[c][r] = fmaf(at.w, weight[k + 3][c], sums[c][r]);
      }
    }
}

// rows_dot adds Σ x[r][k]·w[k·out + c·ROW_THREADS], first ≤ k < end, to sums[c][r], k ascending, for the
// first `columns` of C. first is a multiple of 4. FRESH weights bypass the cache, since other blocks of the launch
// change them. Few warps share a multiprocessor here, so a thread loads the next weights while it multiplies.
template <int C, bool FRESH>
DEVICE void rows_dot(float (&sums)[C][ROWS], const float* x, int wide, const float* w, int out, int first, int end, int columns) {
  constexpr int D = ROW_AHEAD / C;
  const float* p = w + (int64_t)first * out;
  int k = first, stages = (end - first) / D;
  if (stages > 0) {
    float ahead[D][C];
    rows_fetch<C, D, FRESH>(ahead, p, out, columns);
#pragma unroll 2
    for (; stages > 0; stages--, k += D) {
      float weight[D][C];
#pragma unroll
      for (int i = 0; i < D; i++)
#pragma unroll
        for (int c = 0; c < C; c++) weight[i][c] = ahead[i][c];
      p += D * out;
      if (stages > 1) rows_fetch<C, D, FRESH>(ahead, p, out, columns);
      rows_add<C, D>(sums, x + k, wide, weight);
    }
  }
  for (; k + 4 <= end; k += 4, p += 4 * out) {
    float weight[4][C];
    rows_fetch<C, 4, FRESH>(weight, p, out, columns);
    rows_add<C, 4>(sums, x + k, wide, weight);
  }
  for (; k < end; k++, p += out)
#pragma unroll
    for (int c = 0; c < C; c++) {
      const float weight = c < columns ? rows_weight<FRESH>(p + c * ROW_THREADS) : 0.0f;
#pragma unroll
      for (int r = 0; r < ROWS; r++) sums[c][r] = fmaf(x[r * wide + k], weight, sums[c][r]);
    }
}

// rows_narrow: a product with at most as many columns as threads, of a matrix whose rows are `apart` numbers apart.
// Threads share a column: part g sums its range of k, then the parts are added in order.
template <bool FRESH, class F>
DEVICE void rows_narrow(const float* x, const float* w, const float* bias, int in, int out, int apart, float* parts, F finish) {
  const int quads = (in + 3) / 4, most = ROW_THREADS / out, many = most < quads ? most : quads;
  const int span = (quads + many - 1) / many * 4, part = threadIdx.x / out, column = threadIdx.x % out;
  if (part < many) {
    float sums[1][ROWS] = {};
    const int first = part * span, end = first + span < in ? first + span : in;
    rows_dot<1, FRESH>(sums, x, rows_wide(in), w + column, apart, first, end, 1);
#pragma unroll
    for (int r = 0; r < ROWS; r++) parts[(part * ROWS + r) * out + column] = sums[0][r];
  }
  __syncthreads();
  for (int e = threadIdx.x; e < ROWS * out; e += ROW_THREADS) {
    const int r = e / out, j = e % out;
    float sum = bias ? rows_weight<FRESH>(bias + j) : 0.0f;
#pragma unroll 8
    for (int g = 0; g < many; g++) sum += parts[(g * ROWS + r) * out + j];
    finish(r, j, sum);
  }
}

// rows_broad: a product with more columns than threads; one thread computes each sum.
template <bool FRESH, class F>
DEVICE void rows_broad(const float* x, const float* w, const float* bias, int in, int out, F finish) {
  for (int j = threadIdx.x; j < out; j += ROW_COLUMNS * ROW_THREADS) {
    float sums[ROW_COLUMNS][ROWS] = {};
    const int columns = j + ROW_THREADS < out ? 2 : 1;
    rows_dot<ROW_COLUMNS, FRESH>(sums, x, rows_wide(in), w + j, out, 0, in, columns);
#pragma unroll
    for (int c = 0; c < ROW_COLUMNS; c++) {
      if (c >= columns) break;
      const float b = bias ? rows_weight<FRESH>(bias + j + c * ROW_THREADS) : 0.0f;
#pragma unroll
      for (int r = 0; r < ROWS; r++) finish(r, j + c * ROW_THREADS, sums[c][r] + b);
    }
  }
}

// rows_product calls finish(r, j, Σ_k x[r][k]·w[k][j] + bias[j]) for x [ROWS,in] in shared memory, rows rows_wide
// apart, and w [in,out]; no bias if it is null. Every sum runs over k ascending, in one or several parts. All
// threads see what finish wrote to shared memory after the call. parts [ROWS·ROW_THREADS].
template <bool FRESH, class F>
DEVICE void rows_product(const float* x, const float* w, const float* bias, int in, int out, float* parts, F finish) {
  if (out <= ROW_THREADS)
    rows_narrow<FRESH>(x, w, bias, in, out, out, parts, finish);
  else
    rows_broad<FRESH>(x, w, bias, in, out, finish);
  __syncthreads();
}

// rows_affine: y [ROWS,out] = activation(x [ROWS,in]·W + b), both in shared memory.
template <bool FRESH>
DEVICE void rows_affine(float* y, const float* x, const float* parameters, const Layer& layer, int64_t activation, float* parts) {
  const int in = (int)layer.in, out = (int)layer.out, wide = rows_wide(out);
  const float* w = parameters + layer.weights;
  rows_product<FRESH>(x, w, w + (int64_t)in * out, in, out, parts,
                      [&](int r, int j, float sum) { y[r * wide + j] = activate(sum, activation); });
}

// Network is a read-only network.
struct Network {
  const float* parameters;  // [members,size]
  const Layer* layers;
  int64_t count;       // number of layers
  int64_t size;        // P of one member
  int64_t activation;  // activation of the hidden layers
  int64_t norm;        // not 0: the outputs of hidden layers are normalised
};

// rows_standardise normalises the outputs y [ROWS,out] of a layer in shared memory, a warp a row, and keeps by what it
// multiplied them in inverses [ROWS], unless that is null.
DEVICE void rows_standardise(float* y, const Layer& layer, float* inverses) {
  const int width = (int)layer.out;
#pragma unroll 1
  for (int r = threadIdx.x / WARP; r < ROWS; r += ROW_THREADS / WARP) {
    const float inverse = row_standardise(y + r * rows_wide(width), width, (float)layer.floor);
    if (inverses && threadIdx.x % WARP == 0) inverses[r] = inverse;
  }
  __syncthreads();
}

// rows_forward runs a whole member of a network on x [ROWS,in] in shared memory. The layers alternate between two
// buffers [ROWS,widest]; it returns the one with the output.
DEVICE float* rows_forward(const float* x, const Network& n, int64_t member, float* even, float* odd, float* parts) {
  const float* in = x;
  float* out = even;
  for (int64_t i = 0; i < n.count; i++) {
    const bool last = i == n.count - 1;
    out = i % 2 ? odd : even;
    rows_affine<false>(out, in, n.parameters + member * n.size, n.layers[i], last ? LINEAR : n.activation, parts);
    if (n.norm && !last) rows_standardise(out, n.layers[i], nullptr);
    in = out;
  }
  return out;
}
