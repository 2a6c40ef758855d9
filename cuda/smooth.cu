#include "fit.cuh"
#include "philox.cuh"

// Rows of hidden layers whose units are left out or normalised, between the kernels of ensemble.cu. One warp a row.
#define SMOOTH_THREADS 256
#define DROPOUT_BLOCKS 64  // random blocks of a row in a layer at one random step, as in nn/dropout.go

// SmoothRow is the row of a warp.
struct SmoothRow {
  float *y, *slopes, *inverse;
  int row, width;
};

// smooth_row is the row of this warp in a minibatch, which blocks take ascending. inverse is null where rows are not
// normalised.
DEVICE SmoothRow smooth_row(const Fit& f, int64_t index) {
  const Layer layer = f.layers[index];
  const int row = (blockIdx.x * SMOOTH_THREADS + threadIdx.x) / WARP, width = (int)layer.out;
  float* inverses = f.smooth.inverses;
  return SmoothRow{fit_at(f, f.tape, layer, blockIdx.y) + (int64_t)row * width, fit_at(f, f.smooth.slopes, layer, blockIdx.y) + (int64_t)row * width,
                   inverses ? inverses + f.batch * (f.members * index + blockIdx.y) + row : nullptr, row, width};
}

// smooth_drop leaves units of a row out, as nn.Dropout chooses them: a gap between two is a geometric draw.
DEVICE void smooth_drop(const Fit& f, int64_t index, const SmoothRow& s, int64_t place) {
  const int layers = (int)f.count;
  const double gap = 1.0 / log1p(-f.smooth.dropout * (1.0 - (double)index / (double)(layers - 1)));
  const Key key = {f.smooth.seed, f.smooth.stream};
  uint64_t step = f.smooth.epoch * (uint64_t)f.members + blockIdx.y;
  uint32_t lane = (uint32_t)((place * (layers - 1) + index) * DROPOUT_BLOCKS);
  Words words;
#pragma unroll 1
  for (int at = -1, word = 4;; word++) {
    if (word == 4) {
      words = philox_block(key, step, lane++), word = 0;
      if (lane % DROPOUT_BLOCKS == 0) lane -= DROPOUT_BLOCKS, step += 1ull << 40;
    }
    const double u = (double)((words.x[0] >> 8) + 1) / 16777216.0;
    words = Words{{words.x[1], words.x[2], words.x[3], 0}};
    at += 1 + (int)fmin(log(u) * gap, (double)s.width);
    if (at >= s.width) return;
    s.y[at] = 0.0f, s.slopes[at] = 0.0f;
  }
}

// ensemble_smooth: leaves units of a hidden layer out of the outputs and slopes of a minibatch, then normalises each row,
// where the fit does either. Grid: blocks of rows × members, one warp a row.
// Launched by gpu/smooth.go; CPU twin smooth in nn/cpu/smooth.go. Sums: see smooth.cuh. Source: Srivastava et al. 2014;
// Ba et al. 2016.
extern "C" __global__ void __launch_bounds__(SMOOTH_THREADS) ensemble_smooth(Fit f, int64_t layer, Minibatch b) {
  const SmoothRow s = smooth_row(f, layer);
  if (s.row >= b.rows) return;
  if (f.smooth.dropout > 0) {
    if (threadIdx.x % WARP == 0) smooth_drop(f, layer, s, b.first + s.row);
    __syncwarp();
  }
  if (!s.inverse) return;
  const float inverse = row_standardise(s.y, s.width, (float)f.layers[layer].floor);
  if (threadIdx.x % WARP == 0) *s.inverse = inverse;
}

// ensemble_roughen: turns gradients at the normalised outputs of a hidden layer into those at its sums, in place. Grid:
// blocks of rows × members, one warp a row.
// Launched by gpu/smooth.go; CPU twin roughen in nn/cpu/smooth.go. Sums: see smooth.cuh. Source: the chain rule.
extern "C" __global__ void __launch_bounds__(SMOOTH_THREADS) ensemble_roughen(Fit f, int64_t layer, Minibatch b) {
  const SmoothRow s = smooth_row(f, layer);
  if (s.row >= b.rows) return;
  float* delta = fit_at(f, f.deltas, f.layers[layer], blockIdx.y) + (int64_t)s.row * s.width;
  row_roughen(delta, delta, s.y, s.slopes, s.width, *s.inverse);
}
