// places.cuh: which paths of a rollout a block steps, in which member of the ensemble, and the noise of its models.
#pragma once
#include "dynamics.cuh"
#include "philox.cuh"
#include "sigma.cuh"

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

// Noise is the noise at the outputs of a model's network: of a given size, and the members' own.
struct Noise {
  const float* sigma;  // [O], or null: none
  uint64_t seed, stream;
  uint64_t step;     // random step of decision 0
  double times;      // factor of the members' own; 0: none
  const float* own;  // log σ [O] of the first member; null: the network's outputs hold those of the row
  int64_t apart;     // numbers between those of neighbouring members
};

// noise_log is log σ of entry k of a member, given its row of the network's outputs.
DEVICE float noise_log(const Noise& n, const Dynamics& d, int64_t member, const float* out, int k) {
  return n.own ? n.own[member * n.apart + k] : out[d.outputs + k];
}

// noise_own adds a member's own noise to output k, of normal number z. A log σ of the row gives way to the derivative by
// it, which is the noise that was added, within the bounds.
DEVICE void noise_own(const Noise& n, const Dynamics& d, int64_t member, float* out, int k, float z) {
  const float log = noise_log(n, d, member, out, k);
  const float added = model_predicts(d, k) ? (float)n.times * sigma_of(log) * z : 0.0f;
  out[k] += added;
  if (!n.own) out[d.outputs + k] = log >= LEAST_LOG_SIGMA && log <= MOST_LOG_SIGMA ? added : 0.0f;
}

// noise_add adds the noise of decision t to the outputs of a member's network. The thread that changes a number is the one
// that reads it next, in model_next and model_slope, so that no barrier lies between.
DEVICE void noise_add(const Noise& n, const Dynamics& d, int64_t member, const Row* rows, float* out, int64_t t) {
  if (!n.sigma && n.times == 0) return;
  const int o = (int)d.observation, blocks = (o + 3) / 4;
#pragma unroll 1
  for (int e = threadIdx.x; e < ROWS * o; e += ROW_THREADS) {
    const int row = e / o, k = e % o;
    const float z = normal_one(Key{n.seed, n.stream}, n.step + t, (uint32_t)(rows[row].path * blocks + k / 4), k % 4);
    float* to = out + row * rows_wide(d.width);
    if (n.sigma) to[k] += n.sigma[k] * z;
    if (n.times != 0) noise_own(n, d, member, to, k, z);
  }
}
