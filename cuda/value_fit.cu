#include "fit.cuh"

// Tiles of 32: a minibatch of 256 rows and layers of 128 units make 32 blocks of work. Stages of 64: sums over
// 128 units or 256 rows wait for memory a few times only.
#define VALUE_TILE 32
#define VALUE_DEPTH 64

typedef Tile<VALUE_TILE, VALUE_DEPTH> ValueTile;

// value_phase runs tiles block, block+blocks, ... of one phase, then meets the other blocks.
template <class F>
DEVICE void value_phase(int64_t tiles, uint32_t* counter, uint32_t& phase, F work) {
  for (int64_t tile = blockIdx.x; tile < tiles; tile += gridDim.x) work(tile);
  group_barrier(counter, gridDim.x, phase);
}

// value_fit: all minibatches of one epoch of a regression in one cooperative launch: `steps`
// minibatches of `batch` rows of n, in the given order, with the corrections of the Adam steps in
// schedule [steps,2]. Blocks take tiles in a fixed pattern and meet after every phase. counter [1] is 0
// at the start. Grid: as many blocks as a layer has tiles, at most what the device holds.
// Launched by gpu/valuefit.go; CPU twin nn/cpu/valuefit.go. Sums: see fit.cuh.
// Source: the chain rule.
extern "C" __global__ void __launch_bounds__(TILE_THREADS)
    value_fit(Fit f, int64_t steps, int64_t batch, Adam adam, const float* schedule, uint32_t* counter) {
  DYNAMIC_SHARED(float, shared);
  ValueTile* stages = (ValueTile*)shared;
  uint32_t phase = 0;
  int64_t updates = 0;
  for (int64_t i = 0; i < f.count; i++) updates += update_tiles(f.layers[i], VALUE_TILE);
  for (int64_t step = 0; step < steps; step++) {
    Minibatch b = {step * batch, step * batch + batch < f.n ? batch : f.n - step * batch, step};
    for (int64_t i = 0; i + 1 < f.count; i++)
      value_phase(forward_tiles(f, i, b.rows, VALUE_TILE), counter, phase,
                  [&](int64_t tile) { fit_forward<VALUE_TILE, VALUE_DEPTH>(f, i, 0, tile, b, stages); });
    value_phase(tiles_of(b.rows, ROWS), counter, phase, [&](int64_t block) { fit_head(f, 0, block, b, true, shared); });
    for (int64_t i = f.count - 3; i >= 0; i--)
      value_phase(forward_tiles(f, i, b.rows, VALUE_TILE), counter, phase,
                  [&](int64_t tile) { fit_delta<VALUE_TILE, VALUE_DEPTH>(f, i, 0, tile, b, stages); });
    Corrections corrections = {schedule[2 * step], schedule[2 * step + 1]};
    value_phase(updates, counter, phase,
                [&](int64_t tile) { fit_update<VALUE_TILE, VALUE_DEPTH>(f, 0, tile, b, adam, corrections, stages); });
  }
}
