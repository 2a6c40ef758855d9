// places.cuh: which paths of a rollout a block steps, in which member of the ensemble, and the noise of its models.
#pragma once
#include "dynamics.cuh"
#include "philox.cuh"

// Places deals N paths to E members: place p is in member p·E/N, so that every member gets as many paths as any
// other, as far as N divides.
struct Places {
  const int32_t* order;  // [N] path at each place; null: the path of the same number
  int64_t paths, members;
};

// Row is the state of one path in a block.
struct Row {
  int64_t path;
  int32_t left;  // number of steps that the path may still take
};

DEVICE int64_t place_first(const Places& p, int64_t member) { return (member * p.paths + p.members - 1) / p.members; }

// place_path is the path of a row of this block, which is block x of member y; -1 beyond the last.
DEVICE int64_t place_path(const Places& p, int row) {
  const int64_t at = place_first(p, blockIdx.y) + (int64_t)blockIdx.x * ROWS + row;
  if (at >= place_first(p, blockIdx.y + 1)) return -1;
  return p.order ? p.order[at] : at;
}

// Noise is the noise at the outputs of a model's network.
struct Noise {
  const float* sigma;  // [O], or null: none
  uint64_t seed, stream;
  uint64_t step;  // random step of decision 0
};

// noise_add adds the noise of decision t to the network's outputs, four numbers to a lane.
DEVICE void noise_add(const Noise& n, const Dynamics& d, const Row* rows, float* out, int64_t t) {
  if (!n.sigma) return;
  const int o = (int)d.observation, blocks = (o + 3) / 4;
#pragma unroll 1
  for (int e = threadIdx.x; e < ROWS * blocks; e += ROW_THREADS) {
    const int row = e / blocks, block = e % blocks;
    float z[4];
    normal_lane(z, Key{n.seed, n.stream}, n.step + t, (uint32_t)(rows[row].path * blocks + block));
#pragma unroll
    for (int i = 0; i < 4; i++) {
      const int k = block * 4 + i;
      if (k < o) out[row * rows_wide(d.outputs) + k] += n.sigma[k] * z[i];
    }
  }
  __syncthreads();
}
