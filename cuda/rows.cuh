// rows.cuh: a network on the few rows that one block holds in shared memory. Weights stream from
// memory (L2, usually) once for all rows of the block.
#pragma once
#include "layer.cuh"

#define ROWS 8             // rows of a block
#define ROW_THREADS 256    // threads of a block
#define ROW_COLUMNS 2      // columns of a thread where a layer is wider than the block

// rows_wide is the distance of rows in shared memory: whole float4.
DEVICE int64_t rows_wide(int64_t width) { return round_up(width, 4); }

// rows_dot adds Σ x[r][k]·w[k·out + c·step], first ≤ k < end, to sums[c][r], k ascending. first is a
// multiple of 4. FRESH weights come past the cache, since other blocks of the launch change them.
template <int C, bool FRESH>
DEVICE void rows_dot(float (&sums)[C][ROWS], const float* x, int64_t wide, const float* w, int64_t out, int64_t step,
                     int64_t first, int64_t end, int columns) {
  int64_t k = first;
  for (; k + 4 <= end; k += 4) {
    float weight[C][4];
#pragma unroll
    for (int c = 0; c < C; c++)
#pragma unroll
      for (int i = 0; i < 4; i++) {
        const float* p = w + (k + i) * out + c * step;
        weight[c][i] = c >= columns ? 0.0f : FRESH ? load_fresh(p) : *p;
      }
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
      float4 at = *(const float4*)(x + r * wide + k);
#pragma unroll
      for (int c = 0; c < C; c++) {
        sums[c][r] = fmaf(at.x, weight[c][0], sums[c][r]);
        sums[c][r] = fmaf(at.y, weight[c][1], sums[c][r]);
        sums[c][r] = fmaf(at.z, weight[c][2], sums[c][r]);
        sums[c][r] = fmaf(at.w, weight[c][3], sums[c][r]);
      }
    }
  }
  for (; k < end; k++)
#pragma unroll
    for (int c = 0; c < C; c++) {
      const float* p = w + k * out + c * step;
      float weight = c >= columns ? 0.0f : FRESH ? load_fresh(p) : *p;
#pragma unroll
      for (int r = 0; r < ROWS; r++) sums[c][r] = fmaf(x[r * wide + k], weight, sums[c][r]);
    }
}

// rows_narrow: a layer with no more outputs than threads. Threads share the work of a column: part g
// sums its range of inputs, then the parts are added in their order. parts [ROWS·ROW_THREADS].
template <bool FRESH>
DEVICE void rows_narrow(float* y, int64_t yWide, const float* x, int64_t xWide, const float* parameters, Layer layer,
                        int64_t activation, float* parts) {
  int64_t quads = (layer.in + 3) / 4, many = ROW_THREADS / layer.out;
  if (many > quads) many = quads;
  int64_t span = (quads + many - 1) / many * 4;
  int64_t part = threadIdx.x / layer.out, column = threadIdx.x % layer.out;
  if (part < many) {
    float sums[1][ROWS] = {};
    int64_t first = part * span, end = first + span < layer.in ? first + span : layer.in;
    rows_dot<1, FRESH>(sums, x, xWide, parameters + layer.weights + column, layer.out, 0, first, end, 1);
    for (int r = 0; r < ROWS; r++) parts[(part * ROWS + r) * layer.out + column] = sums[0][r];
  }
  __syncthreads();
  const float* bias = parameters + layer.weights + layer.in * layer.out;
  for (int64_t e = threadIdx.x; e < ROWS * layer.out; e += ROW_THREADS) {
    int64_t r = e / layer.out, j = e % layer.out;
    float sum = FRESH ? load_fresh(bias + j) : bias[j];
    for (int64_t g = 0; g < many; g++) sum += parts[(g * ROWS + r) * layer.out + j];
    y[r * yWide + j] = activate(sum, activation);
  }
  __syncthreads();
}

// rows_affine: y [ROWS,out] = activation(x [ROWS,in]·W + b), both in shared memory with rows
// rows_wide apart. Every sum runs over the inputs in ascending order, in one or several parts.
template <bool FRESH>
DEVICE void rows_affine(float* y, const float* x, const float* parameters, Layer layer, int64_t activation, float* parts) {
  int64_t xWide = rows_wide(layer.in), yWide = rows_wide(layer.out);
  if (layer.out <= ROW_THREADS) {
    rows_narrow<FRESH>(y, yWide, x, xWide, parameters, layer, activation, parts);
    return;
  }
  const float* bias = parameters + layer.weights + layer.in * layer.out;
  for (int64_t j = threadIdx.x; j < layer.out; j += ROW_COLUMNS * ROW_THREADS) {
    float sums[ROW_COLUMNS][ROWS] = {};
    const int columns = j + ROW_THREADS < layer.out ? 2 : 1;
    rows_dot<ROW_COLUMNS, FRESH>(sums, x, xWide, parameters + layer.weights + j, layer.out, ROW_THREADS, 0, layer.in, columns);
#pragma unroll
    for (int c = 0; c < ROW_COLUMNS; c++) {
      if (c >= columns) break;
      float b = FRESH ? load_fresh(bias + j + c * ROW_THREADS) : bias[j + c * ROW_THREADS];
#pragma unroll
      for (int r = 0; r < ROWS; r++) y[r * yWide + j + c * ROW_THREADS] = activate(sums[c][r] + b, activation);
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
