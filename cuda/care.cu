#include "philox.cuh"

// Records are the rows of a fit, which their content names.
struct Records {
  const float* observations;  // [n,O]
  const float* actions;       // [n,A]
  int64_t rows, observation, action;
  int64_t images;  // how many images follow every row, whose labels they bear
};

// row_hash is nn.HashRow, of a row or of the one whose image it is.
DEVICE uint64_t row_hash(const Records& d, int64_t row) {
  row -= row % (1 + d.images);
  uint64_t h = 0x9E3779B97F4A7C15ull;
#pragma unroll 1
  for (int64_t k = 0; k < d.observation + d.action; k++) {
    const float x = k < d.observation ? d.observations[row * d.observation + k] : d.actions[row * d.action + k - d.observation];
    h = (h ^ __float_as_uint(x)) * 0xBF58476D1CE4E5B9ull;
    h ^= h >> 29;
  }
  return h;
}

// rows_label: the labels of the rows of a fit, by their content: their weights in every member, weights [E,n], and
// whether they are held out, held [n] of 0 and 1; either may be null. share is that of the rows held out. One thread a
// row; grid: rows × members.
// Launched by gpu/care.go; CPU twins Weight and HoldsOut in nn/care.go. No sum. Source: see there.
extern "C" __global__ void rows_label(float* weights, int32_t* held, Records d, Key bootstrap, Key holdOut, double share) {
  const int64_t row = (int64_t)blockIdx.x * blockDim.x + threadIdx.x;
  if (row >= d.rows) return;
  const uint64_t hash = row_hash(d, row);
  if (weights) weights[blockIdx.y * d.rows + row] = (float)-log(1.0 - uniform_lane(bootstrap, hash, blockIdx.y));
  if (held && blockIdx.y == 0) held[row] = uniform_lane(holdOut, hash, 0) < share;
}
