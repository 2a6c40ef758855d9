// probe.cu: kernels that test the driver's wrapper, and kernels with faults that the emulator must find.
#include "device.cuh"

struct Scale {
  const float* x;
  double factor;
};

// probe_scale: y [n] = factor·x [n], through a block of shared memory; staged [threads].
extern "C" __global__ void __launch_bounds__(256) probe_scale(float* y, Scale scale, int64_t n) {
  DYNAMIC_SHARED(float, staged);
  int64_t i = (int64_t)blockIdx.x * blockDim.x + threadIdx.x, left = n - (int64_t)blockIdx.x * blockDim.x;
  if (i < n) staged[threadIdx.x] = scale.x[i];
  __syncthreads();
  unsigned last = left < blockDim.x ? (unsigned)left - 1 : blockDim.x - 1, from = last - threadIdx.x;
  if (i < n) y[(int64_t)blockIdx.x * blockDim.x + from] = (float)scale.factor * staged[from];
}

// probe_rounds: in every round each block writes its slot and counts the blocks that have written; seen
// [blocks] is rounds·blocks if the barrier holds.
extern "C" __global__ void probe_rounds(uint32_t* counter, int32_t* slots, int32_t* seen, int64_t rounds) {
  uint32_t phase = 0;
  int32_t count = 0;
  for (int32_t r = 1; r <= rounds; r++) {
    if (threadIdx.x == 0) store_fresh(slots + blockIdx.x, r);
    group_barrier(counter, gridDim.x, phase);
    for (unsigned b = 0; b < gridDim.x; b++) count += load_fresh(slots + b) == r;
    group_barrier(counter, gridDim.x, phase);
  }
  if (threadIdx.x == 0) seen[blockIdx.x] = count;
}

// probe_warp: out [32] = sum of the lanes, of the lanes up to this one, and the ballot of odd lanes.
extern "C" __global__ void probe_warp(int64_t* sum, int64_t* prefix, uint32_t* odd) {
  int64_t lane = threadIdx.x, total = lane, upto = lane;
  for (int d = 16; d; d /= 2) total += __shfl_xor_sync(FULL_WARP, total, d);
  for (int d = 1; d < 32; d *= 2) {
    int64_t before = __shfl_up_sync(FULL_WARP, upto, d);
    if (lane >= d) upto += before;
  }
  sum[lane] = total, prefix[lane] = upto;
  odd[lane] = __ballot_sync(FULL_WARP, lane & 1);
}

// fault_race: reads its neighbour's value without the barrier between.
extern "C" __global__ void fault_race(float* y) {
  DYNAMIC_SHARED(float, x);
  x[threadIdx.x] = (float)threadIdx.x;
  y[threadIdx.x] = x[blockDim.x - 1 - threadIdx.x];
}

// fault_past_end and fault_before_start: write one element outside y [n].
extern "C" __global__ void fault_past_end(float* y, int64_t n) { y[n + threadIdx.x / 32] = 0.0f; }
extern "C" __global__ void fault_before_start(float* y) { y[-1] = 0.0f; }

// fault_shared: writes one element beyond its shared memory.
extern "C" __global__ void fault_shared(float* y) {
  DYNAMIC_SHARED(float, x);
  x[blockDim.x + threadIdx.x / 32] = y[0];
}

// fault_aligned: reads two floats at once at an address that is not aligned to them.
extern "C" __global__ void fault_aligned(float* y) { y[4 + threadIdx.x] = ((const float2*)(y + 1))->y; }

// fault_barriers: the two halves of a block wait at different barriers.
extern "C" __global__ void fault_barriers(float* y) {
  if (threadIdx.x < 32) {
    __syncthreads();
  } else {
    __syncthreads();
  }
  y[0] = 0.0f;
}

// fault_early_end: one warp leaves, the other waits for it.
extern "C" __global__ void fault_early_end(float* y) {
  if (threadIdx.x < 32) return;
  __syncthreads();
  y[0] = 0.0f;
}

// fault_lanes: half of a warp is in a collective that the other half does not reach.
extern "C" __global__ void fault_lanes(int64_t* y) {
  if (threadIdx.x < 16) y[threadIdx.x] = __shfl_sync(FULL_WARP, y[threadIdx.x], 0);
}

// fault_blocks: waits for one block more than the grid has.
extern "C" __global__ void fault_blocks(uint32_t* counter) {
  uint32_t phase = 0;
  group_barrier(counter, gridDim.x + 1, phase);
}

// fault_stack: more locals than a thread may have.
extern "C" __global__ void fault_stack(float* y) {
  volatile float much[20000];
  for (int i = 0; i < 20000; i++) much[i] = (float)i;
  y[threadIdx.x] = much[threadIdx.x];
}

// fault_vote: one lane writes what the others have read before a vote. The vote makes lanes wait but orders no memory.
// With ordered, the barrier of the warp lies between.
DEVICE void vote_and_write(int32_t* x, int32_t* y, bool ordered) {
  const int32_t before = x[threadIdx.x / 32];
  const bool all = __all_sync(FULL_WARP, before >= 0);
  if (ordered) __syncwarp();
  if (threadIdx.x % 32 == 0) x[threadIdx.x / 32] = before + all;
  y[threadIdx.x] = before;
}
extern "C" __global__ void fault_vote(int32_t* y) {
  DYNAMIC_SHARED(int32_t, x);
  if (threadIdx.x % 32 == 0) x[threadIdx.x / 32] = 1;
  __syncthreads();
  vote_and_write(x, y, false);
}
extern "C" __global__ void probe_vote(int32_t* y) {
  DYNAMIC_SHARED(int32_t, x);
  if (threadIdx.x % 32 == 0) x[threadIdx.x / 32] = 1;
  __syncthreads();
  vote_and_write(x, y, true);
}

// fault_shuffle: a lane reads what its neighbour wrote before a shuffle.
extern "C" __global__ void fault_shuffle(int32_t* y) {
  DYNAMIC_SHARED(int32_t, x);
  x[threadIdx.x] = (int32_t)threadIdx.x;
  const int32_t first = __shfl_sync(FULL_WARP, x[threadIdx.x], 0);
  y[threadIdx.x] = first + x[threadIdx.x ^ 1];
}

// fault_warps: reads another warp's number after the barrier of its own warp only.
extern "C" __global__ void fault_warps(int32_t* y) {
  DYNAMIC_SHARED(int32_t, x);
  x[threadIdx.x] = (int32_t)threadIdx.x;
  __syncwarp();
  y[threadIdx.x] = x[threadIdx.x ^ 32];
}

// fault_same: all threads write the same place of the device.
extern "C" __global__ void fault_same(int32_t* y) { y[0] = (int32_t)threadIdx.x; }

// fault_neighbours: a block reads what another wrote, without a barrier of the blocks between. fault_stale: with that
// barrier, but from the cache of its multiprocessor.
extern "C" __global__ void fault_neighbours(int32_t* y) {
  if (threadIdx.x == 0) y[blockIdx.x] = 1;
  if (threadIdx.x == 0) y[2 + blockIdx.x] = load_fresh(y + 1 - blockIdx.x);
}
extern "C" __global__ void fault_stale(uint32_t* counter, int32_t* y) {
  uint32_t phase = 0;
  if (threadIdx.x == 0) y[blockIdx.x] = 1;
  group_barrier(counter, gridDim.x, phase);
  if (threadIdx.x == 0) y[2 + blockIdx.x] = y[1 - blockIdx.x];
}
