// value_update.cuh: the second phase of a minibatch step of value_fit: gradients of the parameters, summed over the
// rows of the minibatch, and their Adam step.
#pragma once
#include "fit.cuh"

// Tiles of 16: the 18,000 parameters of two layers of 128 units make some hundred blocks. A block splits the rows
// over its warps; each warp sums the whole tile for its rows.
#define UPDATE_TILE 16
#define UPDATE_ROWS 256  // rows in shared memory at a time
#define UPDATE_WARPS (ROW_THREADS / WARP)

// Update is the shared memory of the phase; gpu/valuefit.go computes the same size. Rows are whole float4.
struct Update {
  float inputs[UPDATE_ROWS * UPDATE_TILE];
  float deltas[UPDATE_ROWS * UPDATE_TILE];
  float parts[UPDATE_WARPS][UPDATE_TILE * UPDATE_TILE];
};

DEVICE int64_t value_tiles(const Fit& f) {
  int64_t tiles = 0;
  for (int64_t i = 0; i < f.count; i++) tiles += update_tiles(f.layers[i], UPDATE_TILE);
  return tiles;
}

// Place is the position of a tile: its layer, first input and first output.
struct Place {
  int64_t index;
  Corner at;
};

DEVICE Place value_place(const Fit& f, int64_t tile) {
  int64_t index = 0;
  for (; tile >= update_tiles(f.layers[index], UPDATE_TILE); index++) tile -= update_tiles(f.layers[index], UPDATE_TILE);
  return Place{index, tile_corner<UPDATE_TILE>(tile, (int)f.layers[index].out)};
}

// update_load stages rows first.. of the inputs and of the gradients at the outputs, 0 after the last.
DEVICE void update_load(const Fit& f, Place place, Minibatch b, int first, Update* u) {
  const Layer layer = f.layers[place.index];
  const int width = (int)layer.out, rows = (int)b.rows;
  const fit_input input(f, place.index, 0, b);
  const float* delta = fit_at(f, f.deltas, layer, 0) + place.at.column;
  // All reads of a thread are in flight at once.
  constexpr int N = UPDATE_ROWS * UPDATE_TILE / ROW_THREADS, STEP = ROW_THREADS / UPDATE_TILE;
  const int from = first + threadIdx.x / UPDATE_TILE, k = threadIdx.x % UPDATE_TILE;
  int at[N];
  float x[N], d[N];
#pragma unroll
  for (int n = 0; n < N; n++) at[n] = input.place(from + n * STEP);
#pragma unroll
  for (int n = 0; n < N; n++) {
    const int r = from + n * STEP;
    x[n] = input.at(at[n], r, place.at.row + k);
    d[n] = r < rows && place.at.column + k < width ? load_fresh(delta + (int64_t)r * width + k) : 0.0f;
  }
#pragma unroll
  for (int n = 0; n < N; n++) {
    const int e = threadIdx.x + n * ROW_THREADS;
    u->inputs[e] = x[n], u->deltas[e] = d[n];
  }
}

// update_add adds this warp's rows to this lane's 2 inputs × 4 outputs of the tile.
DEVICE void update_add(float (&c)[2][4], const Update* u) {
  const int lane = threadIdx.x % WARP, i = lane / 4 * 2, j = lane % 4 * 4, share = UPDATE_ROWS / UPDATE_WARPS;
  const int first = threadIdx.x / WARP * share;
#pragma unroll 8
  for (int r = first; r < first + share; r++) {
    const float2 x = *(const float2*)(u->inputs + r * UPDATE_TILE + i);
    const float4 d = *(const float4*)(u->deltas + r * UPDATE_TILE + j);
    const float row[2] = {x.x, x.y};
#pragma unroll
    for (int p = 0; p < 2; p++) {
      c[p][0] = fmaf(row[p], d.x, c[p][0]);
      c[p][1] = fmaf(row[p], d.y, c[p][1]);
      c[p][2] = fmaf(row[p], d.z, c[p][2]);
      c[p][3] = fmaf(row[p], d.w, c[p][3]);
    }
  }
}

// update_sum is entry threadIdx.x of the tile: the sum of the warps' parts, in order.
DEVICE float update_sum(const float (&c)[2][4], Update* u) {
  const int lane = threadIdx.x % WARP, at = lane / 4 * 2 * UPDATE_TILE + lane % 4 * 4;
#pragma unroll
  for (int p = 0; p < 2; p++)
    *(float4*)&u->parts[threadIdx.x / WARP][at + p * UPDATE_TILE] = make_float4(c[p][0], c[p][1], c[p][2], c[p][3]);
  __syncthreads();
  float sum = 0.0f;
#pragma unroll
  for (int w = 0; w < UPDATE_WARPS; w++) sum += u->parts[w][threadIdx.x];
  return sum;
}

// value_update updates a tile, one entry a thread. Tiles are numbered over all layers. Sums: a warp adds its 32 rows of
// every 256, ascending, then the warps are added in their order.
DEVICE void value_update(const Fit& f, int64_t tile, Minibatch b, float* transposed, const Adam& adam, Corrections corrections,
                         float* shared) {
  Update* u = (Update*)shared;
  const Place place = value_place(f, tile);
  const Layer layer = f.layers[place.index];
  const int in = (int)layer.in, width = (int)layer.out;
  const int i = place.at.row + threadIdx.x / UPDATE_TILE, j = place.at.column + threadIdx.x % UPDATE_TILE;
  const int64_t p = layer.weights + (int64_t)i * width + j;
  const bool there = i <= in && j < width;
  // Load early, so that these are here when the sum is.
  float w = there ? load_fresh(f.parameters + p) : 0.0f, m = there ? f.moment1[p] : 0.0f, v = there ? f.moment2[p] : 0.0f;
  float c[2][4] = {};
  for (int first = 0; first < (int)b.rows; first += UPDATE_ROWS) {
    if (first > 0) __syncthreads();
    update_load(f, place, b, first, u);
    __syncthreads();
    update_add(c, u);
  }
  const float g = update_sum(c, u);
  if (!there) return;
  adam_step(w, m, v, g, adam, corrections);
  f.moment1[p] = m, f.moment2[p] = v;
  store_fresh(f.parameters + p, w);
  if (i < in) store_fresh(transposed + layer.weights + (int64_t)j * in + i, w);
}
