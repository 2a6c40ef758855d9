package nn

import (
	"fmt"
	"math"

	"gorgonia.org/tensor"
)

// Gaussian describes members that predict a normal distribution of every output: its mean, and its standard deviation σ,
// the noise. They are fitted by the negative log-likelihood (Chua et al. 2018), and are smooth where their derivatives
// are of use.
type Gaussian struct {
	Activation Activation // of hidden layers: SiLU or ReLU
	// LayerNorm normalises the units of every hidden layer over the layer, without learned factors, see [NormFloor].
	LayerNorm bool
	// ByState lets log σ depend on the input: the network then has as many outputs again. Else each member has a
	// parameter for each output.
	ByState bool
}

// Bounds of log σ, in units of the outputs' scales. Beyond them a log σ counts as the bound, and passes on only
// derivatives that lead back.
const (
	LeastLogSigma = -7
	MostLogSigma  = 2
)

func (g *Gaussian) check() error {
	if g != nil && g.Activation != SiLU && g.Activation != ReLU {
		return fmt.Errorf("gaussian members with activation %d: must be SiLU or ReLU", g.Activation)
	}
	return nil
}

// NormFloor is added to the variance of the units of hidden layer i, counted from 0: 10⁻ⁱ. A floor of their own size
// lets the first layers keep some of the units' common scale.
func NormFloor(layer int) float64 { return math.Pow(10, -float64(layer)) }

// Width is the number of outputs of a member's network: its outputs and, where the noise depends on the state, their log σ.
func (s EnsembleShape) Width() int {
	if s.Gaussian != nil && s.Gaussian.ByState {
		return 2 * s.Outputs()
	}
	return s.Outputs()
}

// Parameters is P, the parameters of one member: those of its network and, after them, log σ [outputs] if it has them.
func (s EnsembleShape) Parameters() int { return s.MLP().Parameters() + s.noises() }

// noises is the number of a member's parameters that are log σ.
func (s EnsembleShape) noises() int {
	if s.Gaussian == nil || s.Gaussian.ByState {
		return 0
	}
	return s.Outputs()
}

// Sigma is the noise of a log σ, exp of it within the bounds.
func Sigma(logSigma float32) float32 { return float32(math.Exp(BoundedLogSigma(logSigma))) }

// BoundedLogSigma is a log σ within the bounds.
func BoundedLogSigma(logSigma float32) float64 {
	return math.Max(LeastLogSigma, math.Min(MostLogSigma, float64(logSigma)))
}

// NoiseScale is by how much a log σ is too small, given the mean of (error/σ)² over some rows.
func NoiseScale(square float64) float64 {
	return math.Log(math.Max(square, math.Exp(2*LeastLogSigma))) / 2
}

// BoundedScale is the part of a scale that leaves log σ within the bounds, given its mean over the rows. The rest would add up
// over the fits, and no later one would undo it at once.
func BoundedScale(scale, logSigma float64) float64 {
	return math.Max(LeastLogSigma-logSigma, math.Min(MostLogSigma-logSigma, scale))
}

// Rescale adds scales to the parameters that are a member's log σ, or to the biases of log σ, [outputs] each.
func (g *Gaussian) Rescale(parameters []float32, scales []float64) {
	for i, scale := range scales {
		if !g.ByState {
			parameters[i] = float32(BoundedLogSigma(parameters[i]))
		}
		parameters[i] += float32(scale)
	}
}

// FreeLogSigma reports whether a derivative by log σ counts: within the bounds, or if a step against it leads back.
func FreeLogSigma(logSigma, derivative float32) bool {
	return !(logSigma > MostLogSigma && derivative < 0 || logSigma < LeastLogSigma && derivative > 0)
}

// GaussianMembers is optional for a [Backend]: it has gaussian members, and carries out [Care]. Every guarded backend has
// the methods; those of one without gaussian members answer with errors that wrap [errors.ErrUnsupported].
type GaussianMembers interface {
	// Gaussian is nil if the backend has them.
	Gaussian() error
	// Noise is the standard deviation of every member's own noise [E,n,O], in the units of the observations, where
	// [Backend.Predict] gives the mean.
	Noise(model Ensemble, task Task, observations, actions *tensor.Dense) (*tensor.Dense, error)
}

// MachineGaussian is optional for a [Machine]: with it, the backend has gaussian members.
type MachineGaussian[M any] interface {
	Noise(model M, task Task, observations, actions *tensor.Dense) (*tensor.Dense, error)
}
