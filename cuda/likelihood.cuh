// likelihood.cuh: the loss of gaussian members: the mean over rows and predicted outputs of ½((µ − y)/σ)² + log σ; that of a
// termination is the cross-entropy. CPU twin: nn/cpu/likelihood.go.
#pragma once
#include "head.cuh"
#include "sigma.cuh"

// likelihood_noises is log σ [outputs] of a member whose noise does not depend on the state.
DEVICE float* likelihood_noises(const Fit& f, float* of, int64_t member) { return of + (member + 1) * f.size - f.outputs; }

// likelihood_free is a derivative by log σ, or 0 where it leads further beyond a bound.
DEVICE float likelihood_free(float logSigma, float slope) {
  return (logSigma > MOST_LOG_SIGMA && slope < 0.0f) || (logSigma < LEAST_LOG_SIGMA && slope > 0.0f) ? 0.0f : slope;
}

// likelihood_ends turns the logit y of a termination, whose flag is target, into the derivative by it, and writes the
// cross-entropy to share.
DEVICE void likelihood_ends(const Fit& f, float* y, float target, float error, double weight, double* share) {
  const double x = *y;
  *share = fmax(x, 0.0) - x * (double)target + log1p(exp(-fabs(x)));
  *y = (float)(weight * (target > 0.0f ? f.terminal : 1.0) * (double)error);
}

// likelihood_output turns a mean y, and log σ beside it if it depends on the state, into the derivatives by them, given
// the error and log σ. It writes to shares: with `back` the derivative by log σ of the member, else log σ and ((µ - y)/σ)².
DEVICE void likelihood_output(const Fit& f, float* y, float* noise, float log, float error, double weight, bool back, double* shares) {
  const double sigma = sigma_of(log), scaled = (double)error / sigma;
  if (!back) {
    shares[0] = sigma_bounded(log), shares[f.outputs] = scaled * scaled;
    return;
  }
  if (f.likelihood.beta != 0) weight *= exp(2 * f.likelihood.beta * sigma_bounded(log));
  const double slope = weight * (1 - scaled * scaled);
  *y = (float)(weight * scaled / sigma);
  if (noise)
    *noise = likelihood_free(log, (float)slope);
  else
    shares[0] = slope;
}

// likelihood_loss turns the outputs y into gradients at the outputs, and adds up the squared errors and over the rows what
// f.likelihood.sums holds: with `back` the derivative by each log σ of the member, else the parts of the criterion of
// nn.Care.HoldOut.
DEVICE void likelihood_loss(const Fit& f, int64_t member, int row, Minibatch b, const Head& h, bool back) {
  const int outputs = (int)f.outputs, wide = rows_wide(f.layers[f.count - 1].out);
  const bool own = f.likelihood.kind == OWN_NOISE;
  const float* noises = own ? likelihood_noises(f, f.parameters, member) : nullptr;
  double sum = 0;
#pragma unroll 1
  for (int e = threadIdx.x; e < ROWS * outputs; e += ROW_THREADS) {
    const int r = e / outputs, j = e % outputs;
    float *y = h.y + r * wide + j, *noise = own ? nullptr : y + outputs;
    double* shares = h.shares + r * 2 * outputs + j;
    const float log = own ? noises[j] : *noise;
    shares[0] = 0, shares[outputs] = 0;
    if (noise) *noise = 0.0f;
    if (row + r >= b.rows || f.counted[j] == 0.0f) {
      *y = 0.0f;
      continue;
    }
    const int64_t at = fit_row(f, member, b.first + row + r);
    const float target = f.targets[at * outputs + j], error = head_error(f, j, *y, target);
    const double weight = (double)head_weight(f, member, at) / ((double)b.rows * f.predicted);
    sum += (double)error * (double)error;
    if (j != f.termination)
      likelihood_output(f, y, noise, log, error, weight, back, shares);
    else
      likelihood_ends(f, y, target, error, weight, shares);
  }
  head_keep(f, member, row, b, sum_block(sum, h.sums));
  if (!f.likelihood.sums) return;
  double* to = f.likelihood.sums + (((back ? 0 : b.step) * f.members + member) * tiles_of(f.batch, ROWS) + row / ROWS) * 2 * outputs;
#pragma unroll 1
  for (int j = threadIdx.x; j < 2 * outputs; j += ROW_THREADS) {
    double all = 0;
#pragma unroll
    for (int r = 0; r < ROWS; r++) all += h.shares[r * 2 * outputs + j];
    to[j] = back && j == f.termination ? 0 : all;
  }
}

// likelihood_update takes the Adam step of a member's own log σ.
DEVICE void likelihood_update(const Fit& f, int64_t member, Minibatch b, const Adam& adam, Corrections corrections) {
  const int outputs = (int)f.outputs;
  const double* sums = f.likelihood.sums + member * tiles_of(f.batch, ROWS) * 2 * outputs;
  corrections.rate *= (float)f.likelihood.rate;
#pragma unroll 1
  for (int j = threadIdx.x; j < outputs; j += blockDim.x) {
    double sum = 0;
#pragma unroll 1
    for (int64_t block = 0; block < tiles_of(b.rows, ROWS); block++) sum += sums[block * 2 * outputs + j];
    float *w = likelihood_noises(f, f.parameters, member) + j, *m = likelihood_noises(f, f.moment1, member) + j, *v = likelihood_noises(f, f.moment2, member) + j;
    adam_step(*w, *m, *v, likelihood_free(*w, (float)sum), adam, corrections);
  }
}

// fit_head runs the last layer on ROWS rows, the loss, and the backward pass to the last hidden layer. With
// `back` false it stops at the loss.
DEVICE void fit_head(const Fit& f, int64_t member, int64_t block, Minibatch b, bool back, float* shared) {
  const Head h = head_shared(shared, f);
  const int row = (int)block * ROWS;
  head_load(f, member, row, b, h);
  rows_affine<true>(h.y, h.x, f.parameters + member * f.size, f.layers[f.count - 1], LINEAR, h.parts);
  if (f.likelihood.kind)
    likelihood_loss(f, member, row, b, h, back);
  else
    head_loss(f, member, row, b, h);
  if (back) head_back(f, member, row, b, h);
}
