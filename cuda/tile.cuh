// tile.cuh: a block's tile of a matrix product, staged through shared memory.
#pragma once
#include "layer.cuh"

#define TILE_THREADS 256

// Tile is one stage of the factors of a tile [T,T]: D terms of the sum. Small tiles need deep stages: with little
// to multiply, a stage takes as long as its loads. Rows are whole float4 and shifted against each other by four
// banks.
template <int T, int D>
struct Tile {
  float a[D][T + 4];
  float b[D][T + 4];
};

// Pack is a thread's share of a row: one load.
template <int M>
struct alignas(4 * M) Pack {
  float x[M];
};

// tile_fetch reads this thread's share of a stage of one factor into registers. ALONG means
// that neighbours along the sum are neighbours in memory.
template <int T, int D, bool ALONG, class F>
DEVICE void tile_fetch(float (&held)[T * D / TILE_THREADS], int first, F factor) {
#pragma unroll
  for (int n = 0; n < T * D / TILE_THREADS; n++) {
    const int e = threadIdx.x + n * TILE_THREADS;
    held[n] = ALONG ? factor(e / D, first + e % D) : factor(e % T, first + e / T);
  }
}

// tile_put stores this thread's share of a stage in shared memory.
template <int T, int D, bool ALONG>
DEVICE void tile_put(float (*to)[T + 4], const float (&held)[T * D / TILE_THREADS]) {
#pragma unroll
  for (int n = 0; n < T * D / TILE_THREADS; n++) {
    const int e = threadIdx.x + n * TILE_THREADS;
    (ALONG ? to[e % D][e / D] : to[e / T][e % T]) = held[n];
  }
}

// tile_product writes c[p][q] = Σ_k a(i,k)·b(j,k) over 0 ≤ k < depth, ascending, where this thread has
// i = y·M+p and j = x·M+q with y = thread/16 and x = thread%16, M = T/16. Factors are 0 outside. The
// next stage is loaded to registers while the current one is multiplied. Two stages in shared memory alternate,
// so that one barrier a stage is enough. Other threads may still read stages [2] when this one returns.
template <int T, int D, bool ALONG_A, bool ALONG_B, class A, class B>
DEVICE void tile_product(float (&c)[T / 16][T / 16], Tile<T, D>* stages, int depth, A a, B b) {
  constexpr int M = T / 16, SHARE = T * D / TILE_THREADS;
  const int x = threadIdx.x % 16, y = threadIdx.x / 16;
  float heldA[SHARE], heldB[SHARE];
#pragma unroll
  for (int p = 0; p < M; p++)
#pragma unroll
    for (int q = 0; q < M; q++) c[p][q] = 0.0f;
  tile_fetch<T, D, ALONG_A>(heldA, 0, a);
  tile_fetch<T, D, ALONG_B>(heldB, 0, b);
  Tile<T, D>* stage = stages;
#pragma unroll 1
  for (int first = 0; first < depth; first += D) {
    tile_put<T, D, ALONG_A>(stage->a, heldA);
    tile_put<T, D, ALONG_B>(stage->b, heldB);
    __syncthreads();
    if (first + D < depth) {
      tile_fetch<T, D, ALONG_A>(heldA, first + D, a);
      tile_fetch<T, D, ALONG_B>(heldB, first + D, b);
    }
#pragma unroll
    for (int k = 0; k < D; k++) {
      const Pack<M> row = *(const Pack<M>*)&stage->a[k][y * M], column = *(const Pack<M>*)&stage->b[k][x * M];
#pragma unroll
      for (int p = 0; p < M; p++)
#pragma unroll
        for (int q = 0; q < M; q++) c[p][q] = fmaf(row.x[p], column.x[q], c[p][q]);
    }
    stage = stage == stages ? stages + 1 : stages;
  }
}

// tile_rows calls use(i, j, values) for this thread's neighbours j.. in each of its rows of a tile.
template <int T, class F>
DEVICE void tile_rows(const float (&c)[T / 16][T / 16], F use) {
  constexpr int M = T / 16;
#pragma unroll
  for (int p = 0; p < M; p++) use((threadIdx.x / 16) * M + p, (threadIdx.x % 16) * M, c[p]);
}
