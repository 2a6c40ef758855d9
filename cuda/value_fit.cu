#include "value_rows.cuh"
#include "value_update.cuh"

// value_transpose writes Wᵀ [out,in] of a layer, where its W begins in the parameters. All blocks share the work.
DEVICE void value_transpose(const Fit& f, const Layer& layer, float* transposed) {
  const int in = (int)layer.in, out = (int)layer.out;
  for (int e = blockIdx.x * ROW_THREADS + threadIdx.x; e < in * out; e += gridDim.x * ROW_THREADS)
    store_fresh(transposed + layer.weights + e, load_fresh(f.parameters + layer.weights + e % in * out + e / in));
}

// value_phase deals the pieces of a phase to the blocks in a fixed pattern, then waits for all blocks.
template <class F>
DEVICE void value_phase(int64_t pieces, uint32_t* counter, uint32_t& phase, F work) {
  for (int64_t piece = blockIdx.x; piece < pieces; piece += gridDim.x) work(piece);
  group_barrier(counter, gridDim.x, phase);
}

// value_fit: all minibatches of one epoch of a regression in one cooperative launch: `steps` minibatches of `batch`
// rows of n, in the given order, with the corrections of the Adam steps in schedule [steps,2]. Rows are
// independent until the gradients of the parameters are summed, so blocks wait only twice a minibatch. transposed [P] is
// scratch; counter [1] is 0 at the start. Grid: as many blocks as a phase has pieces, at most what the device holds.
// Launched by gpu/valuefit.go; CPU twin nn/cpu/valuefit.go. Sums: see value_rows.cuh and value_update.cuh.
// Source: the chain rule; Kingma and Ba 2015, algorithm 1.
extern "C" __global__ void __launch_bounds__(ROW_THREADS, 1)
    value_fit(Fit f, int64_t steps, int64_t batch, float* transposed, Adam adam, const float* schedule, uint32_t* counter) {
  DYNAMIC_SHARED(float, shared);
  uint32_t phase = 0;
  const int64_t tiles = value_tiles(f);
  for (int64_t i = 0; i < f.count; i++) value_transpose(f, f.layers[i], transposed);
  group_barrier(counter, gridDim.x, phase);
  for (int64_t step = 0; step < steps; step++) {
    const Minibatch b = {step * batch, step * batch + batch < f.n ? batch : f.n - step * batch, step};
    value_phase(tiles_of(b.rows, ROWS), counter, phase, [&](int64_t block) { value_rows(f, block, b, transposed, shared); });
    const Corrections corrections = {schedule[2 * step], schedule[2 * step + 1]};
    value_phase(tiles, counter, phase,
                [&](int64_t tile) { value_update(f, tile, b, transposed, adam, corrections, shared); });
  }
}
