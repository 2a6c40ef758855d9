#include "likelihood.cuh"

// Four kernels make one minibatch step of all members of an ensemble. ensemble_loss holds the last layer, so
// a network of two hidden layers takes five launches. Gaussian members may need those of smooth.cu too. blockIdx.y is the
// member everywhere.

// Tiles of 64: with 512 units, 4 members and 200 rows a layer is 128 blocks, one wave of a large
// device.
#define ENSEMBLE_TILE 64
#define ENSEMBLE_DEPTH 16

typedef Tile<ENSEMBLE_TILE, ENSEMBLE_DEPTH> EnsembleTile;

// ensemble_forward: outputs of hidden layer `layer` for a minibatch; the first layer gathers its rows by
// the order. Grid: tiles of [rows,out] × members.
// Launched by gpu/regression.go; CPU twin forward in nn/cpu/mlp.go. Sums over the inputs: see fit.cuh.
// Source: the paper's appendix B, model details.
extern "C" __global__ void __launch_bounds__(TILE_THREADS) ensemble_forward(Fit f, int64_t layer, Minibatch b) {
  DYNAMIC_SHARED(EnsembleTile, stages);
  fit_forward<ENSEMBLE_TILE, ENSEMBLE_DEPTH>(f, layer, blockIdx.y, blockIdx.x, b, stages);
}

// ensemble_loss: the last layer, the squared errors of every ROWS rows into losses, and unless `back`
// is 0 the gradients at the outputs and at the last hidden layer. Of gaussian members: those of the likelihood, and what
// Likelihood.sums holds. Grid: blocks of ROWS rows × members.
// Launched by gpu/regression.go; CPU twins nn/cpu/loss.go and nn/cpu/likelihood.go. Sums: see fit.cuh; over rows in float64,
// ascending in a block; the host adds the losses of the blocks. Source: the paper's equation 3; Chua et al. 2018, equation 1.
extern "C" __global__ void __launch_bounds__(ROW_THREADS, 1) ensemble_loss(Fit f, Minibatch b, int64_t back) {
  DYNAMIC_SHARED(float, shared);
  fit_head(f, blockIdx.y, blockIdx.x, b, back != 0, shared);
}

// ensemble_backward: gradients at the outputs of hidden layer `layer`. Grid: tiles of [rows,out] ×
// members.
// Launched by gpu/regression.go; CPU twin backward in nn/cpu/mlp.go. Sums over the outputs of the layer
// above: see fit.cuh. Source: the chain rule.
extern "C" __global__ void __launch_bounds__(TILE_THREADS) ensemble_backward(Fit f, int64_t layer, Minibatch b) {
  DYNAMIC_SHARED(EnsembleTile, stages);
  fit_delta<ENSEMBLE_TILE, ENSEMBLE_DEPTH>(f, layer, blockIdx.y, blockIdx.x, b, stages);
}

// ensemble_update: the gradient of every parameter, summed over the rows in one thread, and its Adam
// step. schedule [steps,2] holds the corrections. Grid: tiles of [in+1,out] of all layers, and one more block where members have
// their own log σ, × members.
// Launched by gpu/regression.go; CPU twins backward in nn/cpu/mlp.go and nn/cpu/adam.go. Sums over the
// rows: see fit.cuh. Source: the chain rule; Kingma and Ba 2015, algorithm 1.
extern "C" __global__ void __launch_bounds__(TILE_THREADS)
    ensemble_update(Fit f, Minibatch b, Adam adam, const float* schedule) {
  DYNAMIC_SHARED(EnsembleTile, stages);
  Corrections corrections = {schedule[2 * b.step], schedule[2 * b.step + 1]};
  if (f.likelihood.kind == OWN_NOISE && blockIdx.x == gridDim.x - 1)
    likelihood_update(f, blockIdx.y, b, adam, corrections);
  else
    fit_update<ENSEMBLE_TILE, ENSEMBLE_DEPTH>(f, blockIdx.y, blockIdx.x, b, adam, corrections, stages);
}
