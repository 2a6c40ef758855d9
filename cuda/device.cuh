// device.cuh: everything that kernels take from CUDA. nvcc sees CUDA; g++ with
// PALMAL_EMULATED sees the emulator, under the same names. doc.go has the rules.
#pragma once
#include <stdint.h>

#define FULL_WARP 0xffffffffu
#define WARP 32

#ifdef PALMAL_EMULATED
#include "emu/intrinsics.h"
#else

#define DEVICE static __device__ __forceinline__
#define DEVICE_CALL static __device__ __noinline__

// DYNAMIC_SHARED declares name as the block's dynamic shared memory. It starts as NaN in the
// emulator and with any value on a GPU.
#define DYNAMIC_SHARED(T, name)                                     \
  extern __shared__ __align__(16) unsigned char dynamic_shared_[]; \
  T* name = reinterpret_cast<T*>(dynamic_shared_)

// load_fresh reads what another block wrote before a group_barrier of this launch: from L2, without
// the multiprocessor's own cache.
template <class T>
DEVICE T load_fresh(const T* p) { return __ldcg(p); }

// store_fresh writes what other blocks read after the next group_barrier.
template <class T>
DEVICE void store_fresh(T* p, T v) { __stcg(p, v); }

// group_barrier waits until all `blocks` co-resident blocks of a cooperative launch have called it. counter
// [1] belongs to the launch and is 0 before it; phase is a local of each thread, 0 at the start. load_fresh
// after the barrier sees all writes before it.
DEVICE void group_barrier(uint32_t* counter, uint32_t blocks, uint32_t& phase) {
  __syncthreads();
  phase += blocks;
  if (threadIdx.x == 0 && threadIdx.y == 0 && threadIdx.z == 0) {
    // Release and acquire are cumulative: with the barriers of the block around them they order the accesses
    // of all its threads. A separate fence would wait for memory a second time.
    uint32_t seen;
    asm volatile("red.release.gpu.global.add.u32 [%0], 1;" ::"l"(counter) : "memory");
    do {
      asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(seen) : "l"(counter) : "memory");
    } while ((int32_t)(seen - phase) < 0);
  }
  __syncthreads();
}

#endif
