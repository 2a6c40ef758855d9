#include "dynamics.cuh"

// Data is nn.Transitions on the device.
struct Data {
  const float* observations;  // [n,O]
  const float* actions;       // [n,A]
  const float* next;          // [n,O]
  const float* rewards;       // [n] or null
  const float* ended;         // [n] flags of the last output, or null
  int64_t rows, observation, action, outputs;
  const int64_t* follow;  // [O]; only FOLLOW_ANGLE matters here
};

DEVICE double data_input(const Data& d, int64_t row, int64_t k) {
  return k < d.observation ? d.observations[row * d.observation + k] : d.actions[row * d.action + k - d.observation];
}

// data_target is the target of output k: the difference to the next observation, on the circle for an angle,
// the reward, or the flag of a termination.
DEVICE bool data_ends(const Data& d, int64_t k) { return d.ended && k == d.outputs - 1; }

DEVICE double data_target(const Data& d, int64_t row, int64_t k) {
  if (data_ends(d, k)) return d.ended[row];
  if (k == d.observation) return d.rewards[row];
  double difference = (double)d.next[row * d.observation + k] - (double)d.observations[row * d.observation + k];
  return d.follow[k] == FOLLOW_ANGLE ? wrap_angle(difference) : difference;
}

// normaliser_moments: mean and scale of every column, moments [O+A+outputs,2]: inputs, then targets. The
// scale is the standard deviation, or with `absolute` the mean distance to the mean. One block a column.
// Launched by gpu/normaliser.go; CPU twin moments in nn/cpu/normaliser.go. Sums over the rows: float64,
// ascending in each thread, then a tree over the threads. Source: the two-pass variance.
extern "C" __global__ void __launch_bounds__(256, 1) normaliser_moments(double* moments, Data d, int64_t absolute) {
  DYNAMIC_SHARED(double, shared);
  const int64_t inputs = d.observation + d.action, column = blockIdx.x;
  auto value = [&](int64_t row) { return column < inputs ? data_input(d, row, column) : data_target(d, row, column - inputs); };
  double sum = 0;
  for (int64_t row = threadIdx.x; row < d.rows; row += blockDim.x) sum += value(row);
  const double mean = sum_block(sum, shared) / (double)d.rows;
  sum = 0;
  for (int64_t row = threadIdx.x; row < d.rows; row += blockDim.x) {
    double deviation = value(row) - mean;
    sum += absolute ? fabs(deviation) : deviation * deviation;
  }
  double scale = sum_block(sum, shared) / (double)d.rows;
  if (threadIdx.x != 0) return;
  moments[2 * column] = mean;
  moments[2 * column + 1] = absolute ? scale : sqrt(scale);
}

// normaliser_apply: the normalised data: inputs [n,O+A] and targets [n,outputs], 0 where an output is not
// counted; a flag stays as it is. in and out hold shifts, then scales. One thread a number; grid covers the rows
// times O+A+outputs.
// Launched by gpu/normaliser.go; CPU twin normalised in nn/cpu/normaliser.go. No sum.
// Source: the paper's appendix B, model details.
extern "C" __global__ void normaliser_apply(float* inputs, float* targets, Data d, const float* in, const float* out,
                                            const float* counted) {
  const int64_t wide = d.observation + d.action, columns = wide + d.outputs;
  int64_t e = (int64_t)blockIdx.x * blockDim.x + threadIdx.x, row = e / columns, k = e % columns;
  if (row >= d.rows) return;
  if (k < wide) {
    inputs[row * wide + k] = ((float)data_input(d, row, k) - in[k]) / in[wide + k];
    return;
  }
  k -= wide;
  double scaled = counted[k] == 0.0f ? 0 : data_ends(d, k) ? data_target(d, row, k) : (data_target(d, row, k) - (double)out[k]) / (double)out[d.outputs + k];
  targets[row * d.outputs + k] = (float)scaled;
}
