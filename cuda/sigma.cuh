// sigma.cuh: the noise of gaussian members. CPU twin: nn/gaussian.go.
#pragma once
#include "device.cuh"

// Bounds of log σ: nn.LeastLogSigma and nn.MostLogSigma.
#define LEAST_LOG_SIGMA -7
#define MOST_LOG_SIGMA 2

// sigma_bounded is a log σ within its bounds.
DEVICE double sigma_bounded(float log) { return log < LEAST_LOG_SIGMA ? LEAST_LOG_SIGMA : log > MOST_LOG_SIGMA ? MOST_LOG_SIGMA : (double)log; }

// sigma_of is nn.Sigma, in float64 as there.
DEVICE float sigma_of(float log) { return (float)exp(sigma_bounded(log)); }
