package cpu

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// likelihood is the loss of gaussian members: the mean over rows and predicted outputs of ½((µ − y)/σ)² + log σ. That of a
// termination is the cross-entropy.
type likelihood struct {
	squaredError
	width   int  // numbers in a row of the network's outputs
	byState bool // the second half of a row is log σ
	beta    float64
}

func (m *ensemble) likelihood(beta float64) likelihood {
	return likelihood{m.squaredError(false), m.shape.Width(), m.shape.Gaussian.ByState, beta}
}

// noise is log σ of output i, given its row of the network's outputs and the member's own log σ.
func (l *likelihood) noise(row, own []float32, i int) float32 {
	if l.byState {
		return row[len(l.counted)+i]
	}
	return own[i]
}

// gradient writes the derivatives by the network's outputs [rows,width] and, where they do not depend on the state, those
// by the member's log σ [outputs]. It returns the share of the rows in the mean squared error. wide [outputs] is scratch
// memory, weights [rows] are those of the rows, which are a part of a minibatch of batch rows.
func (l *likelihood) gradient(delta, dOwn, out, own, target, weights []float32, wide []float64, batch int) float64 {
	outputs, sum := len(l.counted), 0.0
	clear(wide)
	clear(delta)
	for row, weight := range weights {
		raw, to := out[row*l.width:(row+1)*l.width], delta[row*l.width:(row+1)*l.width]
		share := float64(weight) / float64(batch*max(l.count, 1))
		for i, counted := range l.counted {
			if !counted {
				continue
			}
			at := target[row*outputs+i]
			difference := float64(l.difference(i, raw[i], at))
			sum += difference * difference
			if i == l.termination {
				to[i] = float32(share * float64(nn.TerminationWeight(at, l.terminal)) * difference)
				continue
			}
			noise := l.noise(raw, own, i)
			sigma := float64(nn.Sigma(noise))
			here := share * math.Pow(sigma, 2*l.beta)
			scaled := difference / sigma
			to[i] = float32(here * scaled / sigma)
			slope := here * (1 - scaled*scaled)
			if !l.byState {
				wide[i] += slope
			} else if nn.FreeLogSigma(noise, float32(slope)) {
				to[outputs+i] = float32(slope)
			}
		}
	}
	for i := range dOwn {
		if dOwn[i] = 0; nn.FreeLogSigma(own[i], float32(wide[i])) {
			dOwn[i] = float32(wide[i])
		}
	}
	return sum / float64(batch*max(l.count, 1))
}

// judge adds rows to the sums [2·outputs] of the criterion: log σ and ((µ − y)/σ)² of every predicted output; of a termination
// the cross-entropy.
func (l *likelihood) judge(sums []float64, out, own, target []float32, rows int) {
	outputs := len(l.counted)
	for row := range rows {
		raw := out[row*l.width : (row+1)*l.width]
		for i, counted := range l.counted {
			switch at := target[row*outputs+i]; {
			case !counted:
			case i == l.termination:
				x := float64(raw[i])
				sums[i] += max(x, 0) - x*float64(at) + math.Log1p(math.Exp(-math.Abs(x)))
			default:
				sigma := float64(nn.Sigma(l.noise(raw, own, i)))
				scaled := float64(raw[i]-at) / sigma
				sums[i] += math.Log(sigma)
				sums[outputs+i] += scaled * scaled
			}
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
			scales[i] = nn.NoiseScale(sums[outputs+i] / float64(n))
			mean += scales[i] / float64(l.count)
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
	for i, scale := range scales {
		to[i] += float32(scale)
	}
}
