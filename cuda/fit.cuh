// fit.cuh: the phases of one minibatch step of regression, tile by tile. ensemble.cu launches them for all
// members at once; value_fit.cu uses the data and the loss from here with other phases.
//
// load_fresh reads every number that changes during a fit, since value_fit.cu makes all steps in one launch,
// in which other blocks write these numbers. Sums: forward over the inputs of a layer,
// back over its outputs, gradients over the rows of the minibatch, each ascending in one thread.
#pragma once
#include "adam.cuh"
#include "rows.cuh"
#include "tile.cuh"

// Fit is one regression of E networks of equal shape, each in its own order of the rows.
struct Fit {
  const Layer* layers;
  int64_t count;         // number of layers
  int64_t size;          // P of one network
  int64_t members;       // E
  int64_t activation;    // activation of the hidden layers
  int64_t widest;        // widest output of a layer, in whole float4
  float* parameters;     // [E,P]
  float* moment1;        // [E,P]
  float* moment2;        // [E,P]
  const float* inputs;   // [n,in] normalised
  const float* targets;  // [n,out] normalised
  int64_t n;
  const int32_t* order;     // [E,n], or null for the order in memory
  int64_t batch;            // number of rows in the arrays below
  float* tape;              // layer by layer, [E,batch,out]: outputs of the hidden layers
  float* deltas;            // layer by layer, [E,batch,out]: gradients at the outputs
  const float* weights;     // [out] weights of the squared errors; 0 where an output is not predicted
  const float* counted;     // [out] 1 where an output is predicted, else 0
  double predicted;         // number of predicted outputs
  int64_t termination;      // number of the output that is the logit of a termination; -1: none
  double terminal;          // weight of its terminal rows
  double* losses;           // [steps,E,blocks] squared errors of every ROWS rows
};

// Minibatch is rows first.. of the order; step numbers it within the launches that share `losses`.
struct Minibatch {
  int64_t first, rows, step;
};

DEVICE int64_t tiles_of(int64_t n, int64_t unit) { return (n + unit - 1) / unit; }

// fit_at is where layer-sized rows of a member begin in tape or deltas.
DEVICE float* fit_at(const Fit& f, float* rows, const Layer& layer, int64_t member) {
  return rows + f.batch * (f.members * layer.before + member * layer.out);
}

DEVICE int64_t fit_row(const Fit& f, int64_t member, int64_t i) { return f.order ? f.order[member * f.n + i] : i; }

// fit_input reads input k of row r of the minibatch at a layer; the input after the last is the 1 of the
// bias. The first layer finds its rows by the order.
struct fit_input {
  const float* x;
  const int32_t* order;  // null for the order in memory
  int rows, in;

  __device__ fit_input(const Fit& f, int64_t index, int64_t member, Minibatch b) : order(nullptr), rows((int)b.rows) {
    in = (int)f.layers[index].in;
    if (index > 0) {
      x = fit_at(f, f.tape, f.layers[index - 1], member);
    } else if (f.order) {
      x = f.inputs, order = f.order + member * f.n + b.first;
    } else {
      x = f.inputs + b.first * in;
    }
  }

  // place is the index of row r, and at reads input k there. Callers with many rows look up all places first,
  // so that no read waits for the place of the next.
  __device__ int place(int r) const { return order && r < rows ? order[r] : r; }
  __device__ float at(int place, int r, int k) const {
    if (r >= rows || k > in) return 0.0f;
    if (k == in) return 1.0f;
    return load_fresh(x + (int64_t)place * in + k);
  }
  __device__ float operator()(int r, int k) const { return at(place(r), r, k); }
};

// Corner is where a tile of a matrix with n columns begins.
struct Corner {
  int row, column;
};

template <int T>
DEVICE Corner tile_corner(int64_t tile, int columns) {
  const int across = (columns + T - 1) / T;
  return Corner{(int)(tile / across) * T, (int)(tile % across) * T};
}

DEVICE int64_t forward_tiles(const Fit& f, int64_t index, int64_t rows, int64_t t) {
  return tiles_of(rows, t) * tiles_of(f.layers[index].out, t);
}

// fit_forward computes a tile of the outputs of hidden layer index.
template <int T, int D>
DEVICE void fit_forward(const Fit& f, int64_t index, int64_t member, int64_t tile, Minibatch b, Tile<T, D>* stages) {
  const Layer layer = f.layers[index];
  const int in = (int)layer.in, width = (int)layer.out, rows = (int)b.rows;
  const Corner at = tile_corner<T>(tile, width);
  const float* w = f.parameters + member * f.size + layer.weights + at.column;
  const fit_input input(f, index, member, b);
  float c[T / 16][T / 16];
  tile_product<T, D, true, false>(
      c, stages, in + 1, [&](int i, int k) { return input(at.row + i, k); },
      [&](int j, int k) { return k <= in && at.column + j < width ? load_fresh(w + k * width + j) : 0.0f; });
  float* out = fit_at(f, f.tape, layer, member) + (int64_t)at.row * width + at.column;
  tile_rows<T>(c, [&](int i, int j, const float (&x)[T / 16]) {
    if (at.row + i >= rows || at.column + j >= width) return;
    const int count = min(width - at.column - j, 4);
    float y[4];
#pragma unroll
    for (int q = 0; q < 4; q++) y[q] = activate(x[q], f.activation);
    float* to = out + i * width + j;
    quad_store(to, y, count, quad_aligned(to) && count == 4);
  });
}

// fit_delta computes a tile of the gradients at the outputs of hidden layer index from the gradients of the
// layer above.
template <int T, int D>
DEVICE void fit_delta(const Fit& f, int64_t index, int64_t member, int64_t tile, Minibatch b, Tile<T, D>* stages) {
  const Layer layer = f.layers[index], above = f.layers[index + 1];
  const int width = (int)layer.out, depth = (int)above.out, rows = (int)b.rows;
  const Corner at = tile_corner<T>(tile, width);
  const float* w = f.parameters + member * f.size + above.weights + (int64_t)at.column * depth;
  const float* delta = fit_at(f, f.deltas, above, member) + (int64_t)at.row * depth;
  float c[T / 16][T / 16];
  tile_product<T, D, true, true>(
      c, stages, depth, [&](int i, int k) { return at.row + i < rows && k < depth ? load_fresh(delta + i * depth + k) : 0.0f; },
      [&](int j, int k) { return at.column + j < width && k < depth ? load_fresh(w + j * depth + k) : 0.0f; });
  const int64_t corner = (int64_t)at.row * width + at.column;
  const float* y = fit_at(f, f.tape, layer, member) + corner;
  float* out = fit_at(f, f.deltas, layer, member) + corner;
  tile_rows<T>(c, [&](int i, int j, const float (&x)[T / 16]) {
    if (at.row + i >= rows || at.column + j >= width) return;
    const int count = min(width - at.column - j, 4), e = i * width + j;
    const bool whole = quad_aligned(y + e) && quad_aligned(out + e) && count == 4;
    float d[4];
    quad_load(d, y + e, count, whole);
#pragma unroll
    for (int q = 0; q < 4; q++) d[q] = x[q] * slope(d[q], f.activation);
    quad_store(out + e, d, count, whole);
  });
}

DEVICE int64_t update_tiles(const Layer& layer, int64_t t) { return tiles_of(layer.in + 1, t) * tiles_of(layer.out, t); }

// fit_update computes a tile of a layer's gradient, weights and bias, and applies the Adam step to it. Tiles
// are numbered over all layers.
template <int T, int D>
DEVICE void fit_update(const Fit& f, int64_t member, int64_t tile, Minibatch b, const Adam& adam, Corrections corrections,
                       Tile<T, D>* stages) {
  int64_t index = 0;
  for (; tile >= update_tiles(f.layers[index], T); index++) tile -= update_tiles(f.layers[index], T);
  const Layer layer = f.layers[index];
  const int in = (int)layer.in, width = (int)layer.out, rows = (int)b.rows;
  const Corner at = tile_corner<T>(tile, width);
  const float* delta = fit_at(f, f.deltas, layer, member) + at.column;
  const fit_input input(f, index, member, b);
  float c[T / 16][T / 16];
  tile_product<T, D, false, false>(
      c, stages, rows, [&](int i, int r) { return input(r, at.row + i); },
      [&](int j, int r) { return r < rows && at.column + j < width ? load_fresh(delta + r * width + j) : 0.0f; });
  const int64_t corner = member * f.size + layer.weights + (int64_t)at.row * width + at.column;
  tile_rows<T>(c, [&](int i, int j, const float (&g)[T / 16]) {
    if (at.row + i <= in && at.column + j < width)
      adam_quad(f.parameters, f.moment1, f.moment2, corner + i * width + j, min(width - at.column - j, 4), g, adam, corrections);
  });
}

// Head is the shared memory of fit_head.
struct Head {
  float *x, *y, *parts;
  double* sums;
};

DEVICE Head head_shared(float* shared, const Layer& last) {
  Head h;
  h.sums = (double*)shared;
  h.parts = (float*)(h.sums + ROW_THREADS);
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

// head_loss turns the outputs y into gradients at the outputs and adds up the squared errors. The error of a termination is
// that of its probability, so its gradient is that of twice the cross-entropy.
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
    const float target = f.targets[fit_row(f, member, b.first + row + r) * out + j];
    float guess = *y, weight = f.weights[j];
    if (j == f.termination) {
      guess = (float)(1.0 / (1.0 + exp(-(double)guess)));
      if (target > 0.0f) weight *= (float)f.terminal;
    }
    const float difference = guess - target;
    sum += (double)difference * (double)difference;
    *y = weight * scale * difference;
  }
  sum = sum_block(sum, h.sums);
  const int64_t blocks = tiles_of(f.batch, ROWS);
  if (threadIdx.x == 0) f.losses[(b.step * f.members + member) * blocks + row / ROWS] = sum;
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
      if (r < rows) store_fresh(below + r * in + k, sums[r] * slope(h.x[r * xWide + k], f.activation));
  }
}

// fit_head runs the last layer on ROWS rows, the loss, and the backward pass to the last hidden layer. With
// `back` false it stops at the loss.
DEVICE void fit_head(const Fit& f, int64_t member, int64_t block, Minibatch b, bool back, float* shared) {
  const Head h = head_shared(shared, f.layers[f.count - 1]);
  const int row = (int)block * ROWS;
  head_load(f, member, row, b, h);
  rows_affine<true>(h.y, h.x, f.parameters + member * f.size, f.layers[f.count - 1], LINEAR, h.parts);
  head_loss(f, member, row, b, h);
  if (back) head_back(f, member, row, b, h);
}
