package cpu

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// likelihood is the loss of gaussian members: the mean over rows and predicted outputs of ½((µ − y)/σ)² + log σ. That of a
// termination is the cross-entropy.
type likelihood struct {
	squaredError
	byState bool // the second half of a row is log σ
	beta    float64
}

func (m *ensemble) likelihood(beta float64) likelihood {
	return likelihood{m.squaredError(false), m.shape.Gaussian.ByState, beta}
}

// noise is that of an output.
type noise struct {
	log, inverse float64 // log σ within its bounds, 1/σ
	weight       float64 // of the likelihood, σ^(2β)
}

func (l *likelihood) noise(logSigma float32) noise {
	sigma := float64(nn.Sigma(logSigma))
	n := noise{nn.BoundedLogSigma(logSigma), 1 / sigma, 1}
	if l.beta != 0 {
		n.weight = math.Pow(sigma, 2*l.beta)
	}
	return n
}

// settle writes the noise [outputs] of a member whose log σ does not depend on the state.
func (l *likelihood) settle(noises []noise, own []float32) {
	for i, logSigma := range own {
		noises[i] = l.noise(logSigma)
	}
}

// at is the noise of output i, given its row of the network's outputs and what settle wrote.
func (l *likelihood) at(raw []float32, noises []noise, i int) noise {
	if l.byState {
		return l.noise(raw[len(l.counted)+i])
	}
	return noises[i]
}

// row writes the derivatives by a row of the network's outputs [width] and, where they do not depend on the state, adds those
// by the member's log σ to slopes [outputs]. It returns the sum of the squared errors. The row counts by its weight and is one of a
// minibatch.
func (l *likelihood) row(to []float32, slopes []float64, raw, target []float32, noises []noise, weight float32, batch int) float64 {
	outputs, squares := len(l.counted), 0.0
	share := float64(weight) / float64(batch*max(l.count, 1))
	clear(to)
	var byState noise
	for i, counted := range l.counted {
		if !counted {
			continue
		}
		difference := float64(l.difference(i, raw[i], target[i]))
		squares += difference * difference
		if i == l.termination {
			to[i] = float32(share * float64(nn.TerminationWeight(target[i], l.terminal)) * difference)
			continue
		}
		sigma := &noises[i]
		if l.byState {
			byState = l.noise(raw[outputs+i])
			sigma = &byState
		}
		here, scaled := share*sigma.weight, difference*sigma.inverse
		to[i] = float32(here * scaled * sigma.inverse)
		slope := here * (1 - scaled*scaled)
		if !l.byState {
			slopes[i] += slope
		} else if nn.FreeLogSigma(raw[outputs+i], float32(slope)) {
			to[outputs+i] = float32(slope)
		}
	}
	return squares
}

// mean is the share in the mean squared error of a minibatch, given a sum.
func (l *likelihood) mean(squares float64, batch int) float64 {
	return squares / float64(batch*max(l.count, 1))
}

// free writes the derivatives by a member's log σ [outputs], given the sums of all rows.
func (l *likelihood) free(gradient, own []float32, slopes []float64) {
	for i := range gradient {
		if gradient[i] = 0; nn.FreeLogSigma(own[i], float32(slopes[i])) {
			gradient[i] = float32(slopes[i])
		}
	}
}

// judge adds a row to the sums [2·outputs] of the criterion: log σ and ((µ − y)/σ)² of every predicted output; of a termination
// the cross-entropy.
func (l *likelihood) judge(sums []float64, raw, target []float32, noises []noise) {
	outputs := len(l.counted)
	for i, counted := range l.counted {
		switch {
		case !counted:
		case i == l.termination:
			x := float64(raw[i])
			sums[i] += max(x, 0) - x*float64(target[i]) + math.Log1p(math.Exp(-math.Abs(x)))
		default:
			sigma := l.at(raw, noises, i)
			scaled := float64(raw[i]-target[i]) * sigma.inverse
			sums[i] += sigma.log
			sums[outputs+i] += scaled * scaled
		}
	}
}

// criterion is that of n rows, given their sums, and writes by how much log σ of every output is too small, scales [outputs].
func (l *likelihood) criterion(scales, sums []float64, n int) (mean float64) {
	outputs := len(l.counted)
	for i, counted := range l.counted {
		scales[i] = 0
		if !counted {
			continue
		}
		mean += sums[i] / float64(n*l.count)
		if i != l.termination {
			scale := nn.NoiseScale(sums[outputs+i] / float64(n))
			mean += scale / float64(l.count)
			scales[i] = nn.BoundedScale(scale, sums[i]/float64(n))
		}
	}
	return mean
}

// rescale adds scales [outputs] to the log σ of a member.
func (m *ensemble) rescale(parameters []float32, scales []float64) {
	to := m.own(parameters)
	if m.shape.Gaussian.ByState {
		end := m.network.last().End()
		to = parameters[end-len(scales) : end] // their biases
	}
	m.shape.Gaussian.Rescale(to, scales)
}
