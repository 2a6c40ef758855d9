// intrinsics.h: the part of CUDA that kernels use, on the emulator. Included by device.cuh.
#pragma once
#include <math.h>
#include <string.h>
#include <cmath>
#include "emulator.h"

#define __device__
#define __host__
#define __global__
#define __forceinline__ inline
#define __restrict__ __restrict
#define __launch_bounds__(...)
#define DEVICE static inline
#define DEVICE_CALL static __attribute__((noinline))

struct alignas(8) float2 { float x, y; };
struct float3 { float x, y, z; };
struct alignas(16) float4 { float x, y, z, w; };
struct alignas(16) double2 { double x, y; };
struct alignas(8) int2 { int x, y; };
struct alignas(16) int4 { int x, y, z, w; };
struct alignas(8) uint2 { unsigned x, y; };
struct alignas(16) uint4 { unsigned x, y, z, w; };
DEVICE float2 make_float2(float x, float y) { return {x, y}; }
DEVICE float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
DEVICE double2 make_double2(double x, double y) { return {x, y}; }

#define threadIdx (emu::self->thread)
#define blockIdx (emu::self->block_index)
#define blockDim (emu::self->block_size)
#define gridDim (emu::self->grid_size)
#define DYNAMIC_SHARED(T, name) T* name = reinterpret_cast<T*>(emu::self->shared)

// EMU_SITE is the place in the source, for messages and for leaving a barrier out.
#define EMU_SITE ({ static emu::Site site = {__FILE__, __LINE__, emu::UNKNOWN}; &site; })

#define __syncthreads() emu::barrier(EMU_SITE)
#define __syncwarp(...) emu::warp_barrier(EMU_SITE, ~0u)
#define group_barrier(counter, blocks, phase) emu::group_barrier(EMU_SITE, counter, blocks, phase)

#ifdef __SANITIZE_THREAD__
template <class T> __attribute__((noinline, no_sanitize_thread)) T load_fresh(const T* p) { return emu::fresh_read(p, sizeof(T), __builtin_return_address(0)), *p; }
#else
template <class T> DEVICE T load_fresh(const T* p) { return *p; }
#endif
template <class T> DEVICE void store_fresh(T* p, T v) { *p = v; }
template <class T> DEVICE T __ldg(const T* p) { return *p; }

namespace emu {
// exchange gives every lane the value of the lane it names, or its own where that lane is outside the warp.
template <class T> T exchange(Site* site, unsigned mask, T value, int from) {
  static_assert(sizeof(T) <= 8, "a shuffle moves at most 8 bytes");
  uint64_t word = 0;
  memcpy(&word, &value, sizeof value);
  const uint64_t* lanes = collect(site, mask, word);
  int lane = (int)self->lane;
  memcpy(&value, lanes + (from < 0 || from >= 32 ? lane : from), sizeof value);
  return value;
}
inline unsigned ballot(Site* site, unsigned mask, bool predicate) {
  const uint64_t* lanes = collect(site, mask, predicate);
  unsigned bits = 0;
  for (int l = 0; l < 32; l++) bits |= (unsigned)lanes[l] << l;
  return bits;
}
inline int lane() { return (int)self->lane; }
}  // namespace emu

#define __shfl_sync(mask, v, from) emu::exchange(EMU_SITE, mask, v, (from) & 31)
#define __shfl_xor_sync(mask, v, bits) emu::exchange(EMU_SITE, mask, v, emu::lane() ^ (bits))
#define __shfl_down_sync(mask, v, n) emu::exchange(EMU_SITE, mask, v, emu::lane() + (int)(n))
#define __shfl_up_sync(mask, v, n) emu::exchange(EMU_SITE, mask, v, emu::lane() - (int)(n))
#define __ballot_sync(mask, p) emu::ballot(EMU_SITE, mask, (p) != 0)
#define __any_sync(mask, p) (emu::ballot(EMU_SITE, mask, (p) != 0) != 0)
#define __all_sync(mask, p) (emu::ballot(EMU_SITE, mask, (p) != 0) == ~0u)

// Integer atomics only: sums of floats must not depend on the order of threads.
template <class T> T atomicAdd(T* p, T v) {
  static_assert(std::is_integral<T>::value, "no floating-point atomics");
  return __atomic_fetch_add(p, v, __ATOMIC_SEQ_CST);
}
template <class T> T atomicOr(T* p, T v) { return __atomic_fetch_or(p, v, __ATOMIC_SEQ_CST); }
template <class T> T atomicMax(T* p, T v) {
  T old = __atomic_load_n(p, __ATOMIC_SEQ_CST);
  while (old < v && !__atomic_compare_exchange_n(p, &old, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {}
  return old;
}
template <class T> T atomicMin(T* p, T v) {
  T old = __atomic_load_n(p, __ATOMIC_SEQ_CST);
  while (v < old && !__atomic_compare_exchange_n(p, &old, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {}
  return old;
}
#define __threadfence() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define __threadfence_block() __atomic_thread_fence(__ATOMIC_SEQ_CST)

DEVICE float __uint_as_float(uint32_t u) { float f; memcpy(&f, &u, 4); return f; }
DEVICE uint32_t __float_as_uint(float f) { uint32_t u; memcpy(&u, &f, 4); return u; }
DEVICE float __int_as_float(int32_t u) { float f; memcpy(&f, &u, 4); return f; }
DEVICE int32_t __float_as_int(float f) { int32_t u; memcpy(&u, &f, 4); return u; }
DEVICE int __popc(unsigned x) { return __builtin_popcount(x); }
DEVICE int __ffs(int x) { return __builtin_ffs(x); }
DEVICE int __clz(int x) { return x ? __builtin_clz((unsigned)x) : 32; }
DEVICE unsigned __umulhi(unsigned a, unsigned b) { return (unsigned)(((uint64_t)a * b) >> 32); }

using std::isfinite;
using std::isinf;
using std::isnan;
DEVICE float rsqrtf(float x) { return 1.0f / sqrtf(x); }
DEVICE double __dmul_rn(double x, double y) { return x * y; }
DEVICE double rsqrt(double x) { return 1.0 / sqrt(x); }
DEVICE float sinpif(float x) { return (float)sin(M_PI * (double)x); }
DEVICE float cospif(float x) { return (float)cos(M_PI * (double)x); }
DEVICE void sincospif(float x, float* s, float* c) { *s = sinpif(x), *c = cospif(x); }
template <class T> DEVICE T min(T a, T b) { return b < a ? b : a; }
template <class T> DEVICE T max(T a, T b) { return a < b ? b : a; }
