// value_inputs.cuh: the input of the value network.
#pragma once
#include "device.cuh"

// ValueInputs is the part of nn.ValueShape that defines the network's inputs.
struct ValueInputs {
  int64_t observation;
  const float* normaliser;  // shift [O], then scale [O]; or null
  double clip, time_scale;
  int64_t limit;  // V is 0 from this time; 0 means never
};

// value_feature is entry k of nn.ValueShape.Inputs: the observation, normalised, clipped and scaled, then powers of time.
DEVICE float value_feature(const ValueInputs& v, const float* obs, int64_t k, float time) {
  if (k < v.observation) {
    const float clip = (float)v.clip, x = v.normaliser ? (obs[k] - v.normaliser[k]) / v.normaliser[v.observation + k] : obs[k];
    return (x > clip ? clip : x < -clip ? -clip : x) / clip;
  }
  float tau = time / (float)v.time_scale, power = tau;
  for (int64_t i = v.observation; i < k; i++) power *= tau;
  return power;
}
