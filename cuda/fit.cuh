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

// Smooth is what a fit of gaussian members keeps of their hidden layers, see smooth.cuh.
struct Smooth {
  float* slopes;    // layer by layer, [E,batch,out]: derivatives of the activations; null: they follow from the outputs
  float* inverses;  // layer by layer, [E,batch]: what normalised outputs were multiplied by; null: they are not normalised
  double dropout;   // share of the first layer's units that a row leaves out; it falls to 0 at the outputs
  uint64_t seed, stream, epoch;  // of the units that are left out
};

// Likelihood is the loss of gaussian members, see likelihood.cuh.
struct Likelihood {
  int64_t kind;  // SQUARES: members predict a number
  double beta;   // weighs an output by σ^(2·beta)
  double rate;   // factor of the rate of a log σ
  double* sums;  // [steps,E,blocks,2·outputs] sums over every ROWS rows; null: nobody asks. A step of Adam uses the first
};

#define SQUARES 0
#define OWN_NOISE 1    // log σ [outputs] after the parameters of the network
#define STATE_NOISE 2  // log σ are as many outputs of the network again

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
  const float* inputs;   // [rows,in] normalised
  const float* targets;  // [rows,outputs] normalised
  int64_t outputs;       // columns of the targets
  int64_t rows;          // rows of the data
  int64_t n;             // rows of an epoch
  const int32_t* order;  // [E,n] rows, or null for the order in memory
  const float* emphasis;  // [E,rows] weights of the rows; null: all weigh 1
  const float* shrink;    // [steps,count] factor of a layer's parameters before a step; null: none
  int64_t batch;            // number of rows in the arrays below
  float* tape;              // layer by layer, [E,batch,out]: outputs of the hidden layers
  float* deltas;            // layer by layer, [E,batch,out]: gradients at the outputs
  const float* weights;     // [out] weights of the squared errors; 0 where an output is not predicted
  const float* counted;     // [out] 1 where an output is predicted, else 0
  double predicted;         // number of predicted outputs
  int64_t termination;      // number of the output that is the logit of a termination; -1: none
  double terminal;          // weight of its terminal rows
  double* losses;           // [steps,E,blocks] squared errors of every ROWS rows
  Smooth smooth;
  Likelihood likelihood;
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

// fit_keep is how many times the sums of a hidden layer count, as some of its units are left out.
DEVICE float fit_keep(const Fit& f, int64_t index) {
  return (float)(1.0 / (1.0 - f.smooth.dropout * (1.0 - (double)index / (double)(f.count - 1))));
}

// fit_slopes is where the rows of a layer begin that fit_slope turns into the factors of its gradients: the slopes, or else
// the outputs. Normalised layers get theirs later, in ensemble_roughen.
DEVICE const float* fit_slopes(const Fit& f, const Layer& layer, int64_t member) {
  return fit_at(f, f.smooth.slopes ? f.smooth.slopes : f.tape, layer, member);
}

DEVICE float fit_slope(const Fit& f, float x) { return f.smooth.inverses ? 1.0f : f.smooth.slopes ? x : slope(x, f.activation); }

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
  const int64_t corner = (int64_t)at.row * width + at.column;
  float* out = fit_at(f, f.tape, layer, member) + corner;
  float* slopes = f.smooth.slopes ? fit_at(f, f.smooth.slopes, layer, member) + corner : nullptr;
  const float keep = slopes ? fit_keep(f, index) : 1.0f;
  tile_rows<T>(c, [&](int i, int j, const float (&x)[T / 16]) {
    if (at.row + i >= rows || at.column + j >= width) return;
    const int count = min(width - at.column - j, 4), e = i * width + j;
    const bool whole = quad_aligned(out + e) && count == 4;  // arrays begin alike
    float y[4], by[4];
#pragma unroll
    for (int q = 0; q < 4; q++) y[q] = slopes ? unit_smooth(x[q], keep, f.activation, by + q) : activate(x[q], f.activation);
    quad_store(out + e, y, count, whole);
    if (slopes) quad_store(slopes + e, by, count, whole);
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
  const float* y = fit_slopes(f, layer, member) + corner;
  float* out = fit_at(f, f.deltas, layer, member) + corner;
  tile_rows<T>(c, [&](int i, int j, const float (&x)[T / 16]) {
    if (at.row + i >= rows || at.column + j >= width) return;
    const int count = min(width - at.column - j, 4), e = i * width + j;
    const bool whole = quad_aligned(y + e) && quad_aligned(out + e) && count == 4;
    float d[4];
    quad_load(d, y + e, count, whole);
#pragma unroll
    for (int q = 0; q < 4; q++) d[q] = x[q] * fit_slope(f, d[q]);
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
      [&](int j, int r) { return r < rows && at.column + j < width ? load_fresh(delta + (int64_t)r * width + j) : 0.0f; });
  const int64_t corner = member * f.size + layer.weights + (int64_t)at.row * width + at.column;
  const float shrink = f.shrink ? f.shrink[b.step * f.count + index] : 1.0f;
  tile_rows<T>(c, [&](int i, int j, const float (&g)[T / 16]) {
    if (at.row + i <= in && at.column + j < width)
      adam_quad(f.parameters, f.moment1, f.moment2, corner + i * width + j, min(width - at.column - j, 4), g, adam, corrections, shrink);
  });
}
