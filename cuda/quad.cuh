// quad.cuh: four neighbours in one access where their address is a multiple of 16 bytes, else one by one. A warp
// that accesses every fourth number four times in a row costs the cache four times as much.
#pragma once
#include "device.cuh"

// quad_aligned reports whether the four numbers at p can be moved at once.
DEVICE bool quad_aligned(const float* p) { return (uintptr_t)p % sizeof(float4) == 0; }

// quad_load reads `count` numbers at p, all four at once if they are `whole`; the rest are 0.
DEVICE void quad_load(float (&x)[4], const float* p, int count, bool whole) {
  if (whole) {
    const float4 at = load_fresh((const float4*)p);
    x[0] = at.x, x[1] = at.y, x[2] = at.z, x[3] = at.w;
    return;
  }
#pragma unroll
  for (int q = 0; q < 4; q++) x[q] = q < count ? load_fresh(p + q) : 0.0f;
}

// quad_store writes them.
DEVICE void quad_store(float* p, const float (&x)[4], int count, bool whole) {
  if (whole) {
    store_fresh((float4*)p, make_float4(x[0], x[1], x[2], x[3]));
    return;
  }
#pragma unroll
  for (int q = 0; q < 4; q++)
    if (q < count) store_fresh(p + q, x[q]);
}
