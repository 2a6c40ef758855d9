// rows.cuh: a network on the few rows that one block holds in shared memory. Weights stream from
// memory (L2, usually) once for all rows of the block.
#pragma once
#include "layer.cuh"

#define ROWS 8             // rows of a block
#define ROW_THREADS 256    // threads of a block
#define ROW_COLUMNS 2      // columns of a thread where a layer is wider than the block

// rows_wide is the distance of rows in shared memory: whole float4.
DEVICE int rows_wide(int64_t width) { return (int)round_up(width, 4); }

template <bool FRESH>
DEVICE float rows_weight(const float* p) {
  return FRESH ? load_fresh(p) : *p;
}

// rows_dot adds Σ x[r][k]·w[k·out + c·ROW_THREADS], first ≤ k < end, to sums[c][r], k ascending, for the
// first `columns` of C. first is a multiple of 4. FRESH weights come past the cache, since other blocks of
// the launch change them.
template <int C, bool FRESH>
DEVICE void rows_dot(float (&sums)[C][ROWS], const float* x, int wide, const float* w, int out, int first, int end, int columns) {
  const float* p = w + (int64_t)first * out;
  int k = first;
#pragma unroll 2
  for (; k + 4 <= end; k += 4) {
    float weight[C][4];
#pragma unroll
    for (int i = 0; i < 4; i++, p += out)
#pragma unroll
      for (int c = 0; c < C; c++) weight[c][i] = c < columns ? rows_weight<FRESH>(p + c * ROW_THREADS) : 0.0f;
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
      const float4 at = *(const float4*)(x + r * wide + k);
#pragma unroll
      for (int c = 0; c < C; c++) {
        sums[c][r] = fmaf(at.x, weight[c][0], sums[c][r]);
        sums[c][r] = fmaf(at.y, weight[c][1], sums[c][r]);
        sums[c][r] = fmaf(at.z, weight[c][2], sums[c][r]);
        sums[c][r] = fmaf(at.w, weight[c][3], sums[c][r]);
      }
    }
  }
  for (; k < end; k++, p += out)
#pragma unroll
    for (int c = 0; c < C; c++) {
      const float weight = c < columns ? rows_weight<FRESH>(p + c * ROW_THREADS) : 0.0f;
#pragma unroll
      for (int r = 0; r < ROWS; r++) sums[c][r] = fmaf(x[r * wide + k], weight, sums[c][r]);
    }
}

// rows_narrow: a layer with no more outputs than threads. Threads share the work of a column: part g
// sums its range of inputs, then the parts are added in their order. parts [ROWS·ROW_THREADS].
template <bool FRESH>
DEVICE void rows_narrow(float* y, const float* x, const float* w, int in, int out, int64_t activation, float* parts) {
  const int quads = (in + 3) / 4, most = ROW_THREADS / out, many = most < quads ? most : quads;
  const int span = (quads + many - 1) / many * 4, part = threadIdx.x / out, column = threadIdx.x % out;
  if (part < many) {
    float sums[1][ROWS] = {};
    const int first = part * span, end = first + span < in ? first + span : in;
    rows_dot<1, FRESH>(sums, x, rows_wide(in), w + column, out, first, end, 1);
#pragma unroll
    for (int r = 0; r < ROWS; r++) parts[(part * ROWS + r) * out + column] = sums[0][r];
  }
  __syncthreads();
  const float* bias = w + (int64_t)in * out;
  for (int e = threadIdx.x; e < ROWS * out; e += ROW_THREADS) {
    const int r = e / out, j = e % out;
    float sum = rows_weight<FRESH>(bias + j);
    for (int g = 0; g < many; g++) sum += parts[(g * ROWS + r) * out + j];
    y[r * rows_wide(out) + j] = activate(sum, activation);
  }
}

// rows_affine: y [ROWS,out] = activation(x [ROWS,in]·W + b), both in shared memory with rows
// rows_wide apart. Every sum runs over the inputs in ascending order, in one or several parts.
template <bool FRESH>
DEVICE void rows_affine(float* y, const float* x, const float* parameters, const Layer& layer, int64_t activation, float* parts) {
  const int in = (int)layer.in, out = (int)layer.out;
  const float *w = parameters + layer.weights, *bias = w + (int64_t)in * out;
  if (out <= ROW_THREADS) {
    rows_narrow<FRESH>(y, x, w, in, out, activation, parts);
  } else {
    for (int j = threadIdx.x; j < out; j += ROW_COLUMNS * ROW_THREADS) {
      float sums[ROW_COLUMNS][ROWS] = {};
      const int columns = j + ROW_THREADS < out ? 2 : 1;
      rows_dot<ROW_COLUMNS, FRESH>(sums, x, rows_wide(in), w + j, out, 0, in, columns);
#pragma unroll
      for (int c = 0; c < ROW_COLUMNS; c++) {
        if (c >= columns) break;
        const float b = rows_weight<FRESH>(bias + j + c * ROW_THREADS);
#pragma unroll
        for (int r = 0; r < ROWS; r++) y[r * rows_wide(out) + j + c * ROW_THREADS] = activate(sums[c][r] + b, activation);
      }
    }
  }
  __syncthreads();
}

// rows_forward runs a whole network: x [ROWS,in] in shared memory, the output in the buffer that is
// returned, one of two [ROWS,widest] that the layers alternate between.
DEVICE float* rows_forward(const float* x, const float* parameters, const Layer* layers, int64_t count, int64_t activation,
                           float* even, float* odd, float* parts) {
  const float* in = x;
  float* out = even;
  for (int64_t i = 0; i < count; i++) {
    out = i % 2 ? odd : even;
    rows_affine<false>(out, in, parameters, layers[i], i == count - 1 ? LINEAR : activation, parts);
    in = out;
  }
  return out;
}
