#include "philox.cuh"

// Feistel is nn.Permutation: domain, bits of a half, keys of the rounds.
struct Feistel {
  uint32_t n, half, keys[8];
};

DEVICE Feistel feistel_prepare(uint32_t n, Key key, uint64_t step, uint32_t lane) {
  Feistel f;
  f.n = n;
  uint32_t width = 0;
  for (uint32_t rest = (n < 2 ? 2 : n) - 1; rest; rest >>= 1) width++;
  f.half = (width + 1) / 2;
#pragma unroll
  for (uint32_t block = 0; block < 2; block++) {
    Words words = philox_block(key, step, lane * 2 + block);
#pragma unroll
    for (int i = 0; i < 4; i++) f.keys[block * 4 + i] = words.x[i];
  }
  return f;
}

DEVICE uint32_t murmur_mix(uint32_t x) {
  x ^= x >> 16, x *= 0x85ebca6bu;
  x ^= x >> 13, x *= 0xc2b2ae35u;
  return x ^ x >> 16;
}

DEVICE uint32_t feistel_at(const Feistel& f, uint32_t i) {
  const uint32_t mask = (1u << f.half) - 1;
  do {
    uint32_t left = i >> f.half, right = i & mask;
#pragma unroll
    for (int round = 0; round < 8; round++) {
      uint32_t next = left ^ (murmur_mix(right ^ f.keys[round]) & mask);
      left = right, right = next;
    }
    i = left << f.half | right;
  } while (i >= f.n);
  return i;
}

// permutation_fill: the order of minibatches, order [E,n]: element i of member m is element i of the
// permutation of 0..n-1 that (key, step, lane m) names, or of the n given rows. Grid: line of threads × members.
// Launched by gpu/regression.go; CPU twin nn/permutation.go, with the same numbers. No sum.
// Source: cycle walking of Black and Rogaway 2002, see there.
extern "C" __global__ void permutation_fill(int32_t* order, int64_t n, const int32_t* rows, Key key, uint64_t step) {
  Feistel f = feistel_prepare((uint32_t)n, key, step, blockIdx.y);
  int64_t i = (int64_t)blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  const int32_t at = (int32_t)feistel_at(f, (uint32_t)i);
  order[blockIdx.y * n + i] = rows ? rows[at] : at;
}

// permutation_places: the inverse of one permutation, order [n]: element i of the permutation of 0..n-1 that (key, step,
// lane 0) names is where i stands. One thread an element.
// Launched by gpu/drawn.go; CPU twin sort in nn/cpu/drawn.go. No sum. Source: as permutation_fill.
extern "C" __global__ void permutation_places(int32_t* order, int64_t n, Key key, uint64_t step) {
  Feistel f = feistel_prepare((uint32_t)n, key, step, 0);
  int64_t i = (int64_t)blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) order[feistel_at(f, (uint32_t)i)] = (int32_t)i;
}
