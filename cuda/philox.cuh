// philox.cuh: the random numbers of nn/philox.go on the device: the same words for the same seed,
// stream, step and lane, and normal numbers that differ in the last two bits of float32.
// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
#pragma once
#include "device.cuh"

// Key names a sequence of random numbers, as nn.Key does.
struct Key {
  uint64_t seed;
  uint64_t stream;
};

struct Words {
  uint32_t x[4];
};

DEVICE uint32_t high_word(uint32_t a, uint32_t b) { return (uint32_t)(((uint64_t)a * b) >> 32); }

// philox_block is the four words of a step and a lane: Philox 4x32-10.
DEVICE Words philox_block(Key key, uint64_t step, uint32_t lane) {
  uint32_t c0 = lane, c1 = (uint32_t)step, c2 = (uint32_t)(step >> 32), c3 = (uint32_t)key.stream;
  uint32_t k0 = (uint32_t)key.seed, k1 = (uint32_t)(key.seed >> 32);
#pragma unroll
  for (int round = 0; round < 10; round++) {
    uint32_t hi0 = high_word(0xD2511F53u, c0), lo0 = 0xD2511F53u * c0;
    uint32_t hi1 = high_word(0xCD9E8D57u, c2), lo1 = 0xCD9E8D57u * c2;
    c0 = hi1 ^ c1 ^ k0, c1 = lo1, c2 = hi0 ^ c3 ^ k1, c3 = lo0;
    k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
  }
  return Words{{c0, c1, c2, c3}};
}

// uniform_lane is the first number of a step and lane, in [0, 1) in steps of 2⁻⁵³.
DEVICE double uniform_lane(Key key, uint64_t step, uint32_t lane) {
  const Words words = philox_block(key, step, lane);
  return (double)((uint64_t)words.x[0] << 32 | words.x[1] >> 11 << 11) * (1.0 / 18446744073709551616.0);
}

// normal_pair is the Box-Muller transform of two words: radius √(-2 ln u) with u in (0, 1], angle 2πv with v in
// [0, 1), both in steps of 2⁻²⁴.
DEVICE void normal_pair(uint32_t a, uint32_t b, float* first, float* second) {
  const float step = 1.0f / 16777216.0f;
  float radius = sqrtf(-2.0f * logf((float)((a >> 8) + 1) * step)), sine, cosine;
  sincospif(2.0f * ((float)(b >> 8) * step), &sine, &cosine);
  *first = radius * cosine, *second = radius * sine;
}

// normal_lane writes the four normal numbers of a step and a lane.
DEVICE void normal_lane(float* z, Key key, uint64_t step, uint32_t lane) {
  Words words = philox_block(key, step, lane);
  normal_pair(words.x[0], words.x[1], z, z + 1);
  normal_pair(words.x[2], words.x[3], z + 2, z + 3);
}

// normal_one is number i of the four.
DEVICE float normal_one(Key key, uint64_t step, uint32_t lane, int i) {
  const Words words = philox_block(key, step, lane);
  float first, second;
  normal_pair(i < 2 ? words.x[0] : words.x[2], i < 2 ? words.x[1] : words.x[3], &first, &second);
  return i % 2 ? second : first;
}
