// fit.cuh: the phases of one minibatch step of regression, tile by tile. ensemble.cu launches each
// phase for all members at once; value_fit.cu runs them all in one launch with barriers in between.
//
// A phase reads what the one before wrote. Since blocks of the same launch may have written it, every
// number that changes during a fit is read by load_fresh. Sums: forward over the inputs of a layer,
// back over its outputs, gradients over the rows of the minibatch, each ascending in one thread.
#pragma once
#include "adam.cuh"
#include "rows.cuh"
#include "tile.cuh"

// Fit is one regression of E networks of equal shape, each in its own order of the rows.
struct Fit {
  const Layer* layers;
  int64_t count;         // of layers
  int64_t size;          // P of one network
  int64_t members;       // E
  int64_t activation;    // of the hidden layers
  float* parameters;     // [E,P]
  float* moment1;        // [E,P]
  float* moment2;        // [E,P]
  const float* inputs;   // [n,in] normalised
  const float* targets;  // [n,out] normalised
  int64_t n;
  const int32_t* order;     // [E,n] or null: as they lie
  int64_t batch;            // rows that the arrays below have room for
  float* tape;              // layer by layer, [E,batch,out]: outputs of the hidden layers
  float* deltas;            // layer by layer, [E,batch,out]: gradients at the outputs
  const float* weights;     // [out] of the squared errors; 0 where an output is not predicted
  const float* counted;     // [out] 1 where an output is predicted, else 0
  double predicted;         // how many are
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

// fit_input reads input k of row r of the minibatch at a layer; the one behind the last is the 1 of
// the bias.
struct fit_input {  // a function of (r, k)
  const Fit& f;
  const Layer& layer;
  const float* below;  // null at the first layer
  int64_t member, first, rows;

  __device__ fit_input(const Fit& fit, int64_t index, int64_t of, Minibatch b)
      : f(fit), layer(fit.layers[index]), below(index ? fit_at(fit, fit.tape, fit.layers[index - 1], of) : nullptr),
        member(of), first(b.first), rows(b.rows) {}

  __device__ float operator()(int64_t r, int64_t k) const {
    if (r >= rows || k > layer.in) return 0.0f;
    if (k == layer.in) return 1.0f;
    if (below) return load_fresh(below + r * layer.in + k);
    return f.inputs[fit_row(f, member, first + r) * layer.in + k];
  }
};

DEVICE int64_t forward_tiles(const Fit& f, int64_t index, int64_t rows, int64_t t) {
  return tiles_of(rows, t) * tiles_of(f.layers[index].out, t);
}

// fit_forward computes a tile of the outputs of hidden layer index.
template <int T>
DEVICE void fit_forward(const Fit& f, int64_t index, int64_t member, int64_t tile, Minibatch b, Tile<T>* stages) {
  const Layer& layer = f.layers[index];
  const int64_t across = tiles_of(layer.out, T), row = tile / across * T, column = tile % across * T;
  const float* w = f.parameters + member * f.size + layer.weights;
  fit_input input(f, index, member, b);
  float c[T / 16][T / 16];
  tile_product<T, true, false>(
      c, stages, layer.in + 1, [&](int64_t i, int64_t k) { return input(row + i, k); },
      [&](int64_t j, int64_t k) {
        return k <= layer.in && column + j < layer.out ? load_fresh(w + k * layer.out + column + j) : 0.0f;
      });
  float* out = fit_at(f, f.tape, layer, member);
  tile_each<T>(c, [&](int64_t i, int64_t j, float x) {
    if (row + i < b.rows && column + j < layer.out)
      store_fresh(out + (row + i) * layer.out + column + j, activate(x, f.activation));
  });
}

// fit_delta computes a tile of the gradients at the outputs of hidden layer index, from those of the
// layer above.
template <int T>
DEVICE void fit_delta(const Fit& f, int64_t index, int64_t member, int64_t tile, Minibatch b, Tile<T>* stages) {
  const Layer &layer = f.layers[index], &above = f.layers[index + 1];
  const int64_t across = tiles_of(layer.out, T), row = tile / across * T, column = tile % across * T;
  const float *w = f.parameters + member * f.size + above.weights, *delta = fit_at(f, f.deltas, above, member);
  float c[T / 16][T / 16];
  tile_product<T, true, true>(
      c, stages, above.out,
      [&](int64_t i, int64_t k) { return row + i < b.rows && k < above.out ? load_fresh(delta + (row + i) * above.out + k) : 0.0f; },
      [&](int64_t j, int64_t k) {
        return column + j < above.in && k < above.out ? load_fresh(w + (column + j) * above.out + k) : 0.0f;
      });
  const float* y = fit_at(f, f.tape, layer, member);
  float* out = fit_at(f, f.deltas, layer, member);
  tile_each<T>(c, [&](int64_t i, int64_t j, float x) {
    int64_t at = (row + i) * layer.out + column + j;
    if (row + i < b.rows && column + j < layer.out) store_fresh(out + at, x * slope(load_fresh(y + at), f.activation));
  });
}

DEVICE int64_t update_tiles(const Layer& layer, int64_t t) { return tiles_of(layer.in + 1, t) * tiles_of(layer.out, t); }

// fit_update computes a tile of a layer's gradient, weights and bias, and takes the Adam step there.
// Tiles are numbered over all layers.
template <int T>
DEVICE void fit_update(const Fit& f, int64_t member, int64_t tile, Minibatch b, Adam adam, Corrections corrections,
                       Tile<T>* stages) {
  int64_t index = 0;
  for (; tile >= update_tiles(f.layers[index], T); index++) tile -= update_tiles(f.layers[index], T);
  const Layer& layer = f.layers[index];
  const int64_t across = tiles_of(layer.out, T), row = tile / across * T, column = tile % across * T;
  const float* delta = fit_at(f, f.deltas, layer, member);
  fit_input input(f, index, member, b);
  float c[T / 16][T / 16];
  tile_product<T, false, false>(
      c, stages, b.rows, [&](int64_t i, int64_t k) { return input(k, row + i); },
      [&](int64_t j, int64_t k) { return k < b.rows && column + j < layer.out ? load_fresh(delta + k * layer.out + column + j) : 0.0f; });
  tile_each<T>(c, [&](int64_t i, int64_t j, float g) {
    int64_t p = member * f.size + layer.weights + (row + i) * layer.out + column + j;
    if (row + i <= layer.in && column + j < layer.out)
      adam_update(f.parameters + p, f.moment1 + p, f.moment2 + p, g, adam, corrections);
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

// head_load stages the inputs of the last layer.
DEVICE void head_load(const Fit& f, int64_t member, int64_t row, Minibatch b, Head h) {
  const Layer& last = f.layers[f.count - 1];
  fit_input input(f, f.count - 1, member, b);
  for (int64_t e = threadIdx.x; e < ROWS * last.in; e += ROW_THREADS)
    h.x[e / last.in * rows_wide(last.in) + e % last.in] = input(row + e / last.in, e % last.in);
  __syncthreads();
}

// head_loss turns the outputs y into gradients at the outputs and adds up the squared errors.
DEVICE void head_loss(const Fit& f, int64_t member, int64_t row, Minibatch b, Head h) {
  const Layer& last = f.layers[f.count - 1];
  const float scale = f.predicted > 0 ? (float)(2.0 / ((double)b.rows * f.predicted)) : 0.0f;
  double sum = 0;
  for (int64_t e = threadIdx.x; e < ROWS * last.out; e += ROW_THREADS) {
    int64_t r = e / last.out, j = e % last.out;
    float* y = h.y + r * rows_wide(last.out) + j;
    if (row + r >= b.rows || f.counted[j] == 0.0f) {
      *y = 0.0f;
      continue;
    }
    float difference = *y - f.targets[fit_row(f, member, b.first + row + r) * last.out + j];
    sum += (double)difference * (double)difference;
    *y = f.weights[j] * scale * difference;
  }
  sum = sum_block(sum, h.sums);
  int64_t blocks = tiles_of(f.batch, ROWS);
  if (threadIdx.x == 0) f.losses[(b.step * f.members + member) * blocks + row / ROWS] = sum;
}

// head_back writes the gradients at the outputs, and at those of the last hidden layer.
DEVICE void head_back(const Fit& f, int64_t member, int64_t row, Minibatch b, Head h) {
  const Layer& last = f.layers[f.count - 1];
  float* out = fit_at(f, f.deltas, last, member);
  for (int64_t e = threadIdx.x; e < ROWS * last.out; e += ROW_THREADS)
    if (row + e / last.out < b.rows) store_fresh(out + row * last.out + e, h.y[e / last.out * rows_wide(last.out) + e % last.out]);
  if (f.count == 1) return;
  const float* w = f.parameters + member * f.size + last.weights;
  float* below = fit_at(f, f.deltas, f.layers[f.count - 2], member);
  for (int64_t k = threadIdx.x; k < last.in; k += ROW_THREADS) {
    float sums[ROWS] = {};
    for (int64_t j = 0; j < last.out; j++) {
      float weight = load_fresh(w + k * last.out + j);
#pragma unroll
      for (int r = 0; r < ROWS; r++) sums[r] = fmaf(h.y[r * rows_wide(last.out) + j], weight, sums[r]);
    }
#pragma unroll
    for (int r = 0; r < ROWS; r++)
      if (row + r < b.rows) store_fresh(below + (row + r) * last.in + k, sums[r] * slope(h.x[r * rows_wide(last.in) + k], f.activation));
  }
}

// fit_head runs the last layer on ROWS rows, the loss, and the way back to the last hidden layer. With
// `back` false it stops at the loss.
DEVICE void fit_head(const Fit& f, int64_t member, int64_t block, Minibatch b, bool back, float* shared) {
  Head h = head_shared(shared, f.layers[f.count - 1]);
  int64_t row = block * ROWS;
  head_load(f, member, row, b, h);
  rows_affine<true>(h.y, h.x, f.parameters + member * f.size, f.layers[f.count - 1], LINEAR, h.parts);
  head_loss(f, member, row, b, h);
  if (back) head_back(f, member, row, b, h);
  __syncthreads();
}
