// tile.cuh: a block's tile of a matrix product, staged through shared memory.
#pragma once
#include "layer.cuh"

#define TILE_THREADS 256
#define TILE_DEPTH 16  // terms of the sum that are staged at a time

// Tile is one stage of the factors of a tile [T,T]. Rows are whole float4 and shifted against each
// other by four banks.
template <int T>
struct Tile {
  float a[TILE_DEPTH][T + 4];
  float b[TILE_DEPTH][T + 4];
};

// Pack is a thread's share of a row: one load.
template <int M>
struct alignas(4 * M) Pack {
  float x[M];
};

// tile_stage fills one factor. ALONG tells that neighbours along the sum are neighbours in memory.
template <int T, bool ALONG, class F>
DEVICE void tile_stage(float (*to)[T + 4], int64_t first, F factor) {
#pragma unroll
  for (int e = threadIdx.x; e < T * TILE_DEPTH; e += TILE_THREADS) {
    int k = ALONG ? e % TILE_DEPTH : e / T, i = ALONG ? e / TILE_DEPTH : e % T;
    to[k][i] = factor(i, first + k);
  }
}

// tile_product writes c[p][q] = Σ_k a(i,k)·b(j,k) over 0 ≤ k < depth, ascending, where this thread has
// i = y·M+p and j = x·M+q with y = thread/16 and x = thread%16, M = T/16. Factors are 0 outside. Two
// stages alternate, so that one is filled while the other is used. stages [2].
template <int T, bool ALONG_A, bool ALONG_B, class A, class B>
DEVICE void tile_product(float (&c)[T / 16][T / 16], Tile<T>* stages, int64_t depth, A a, B b) {
  constexpr int M = T / 16;
  const int x = threadIdx.x % 16, y = threadIdx.x / 16;
#pragma unroll
  for (int p = 0; p < M; p++)
#pragma unroll
    for (int q = 0; q < M; q++) c[p][q] = 0.0f;
  tile_stage<T, ALONG_A>(stages[0].a, 0, a);
  tile_stage<T, ALONG_B>(stages[0].b, 0, b);
  __syncthreads();
  for (int64_t first = 0, stage = 0; first < depth; first += TILE_DEPTH, stage ^= 1) {
    if (first + TILE_DEPTH < depth) {
      tile_stage<T, ALONG_A>(stages[stage ^ 1].a, first + TILE_DEPTH, a);
      tile_stage<T, ALONG_B>(stages[stage ^ 1].b, first + TILE_DEPTH, b);
    }
#pragma unroll
    for (int k = 0; k < TILE_DEPTH; k++) {
      Pack<M> row = *(const Pack<M>*)&stages[stage].a[k][y * M], column = *(const Pack<M>*)&stages[stage].b[k][x * M];
#pragma unroll
      for (int p = 0; p < M; p++)
#pragma unroll
        for (int q = 0; q < M; q++) c[p][q] = fmaf(row.x[p], column.x[q], c[p][q]);
    }
    __syncthreads();
  }
}

// tile_each calls use(i, j, value) for this thread's part of a tile.
template <int T, class F>
DEVICE void tile_each(const float (&c)[T / 16][T / 16], F use) {
  constexpr int M = T / 16;
#pragma unroll
  for (int p = 0; p < M; p++)
#pragma unroll
    for (int q = 0; q < M; q++) use((threadIdx.x / 16) * M + p, (threadIdx.x % 16) * M + q, c[p][q]);
}
