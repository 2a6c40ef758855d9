package nn

import "fmt"

// CGOptions are those of the conjugate gradient method for (F + λI) x = b, with F the Fisher matrix
// of a policy.
type CGOptions struct {
	Iterations   int     // at most
	Damping      float64 // λ
	Tolerance    float64 // stop at this squared norm of the residual
	FromGradient bool    // start from b instead of 0
	Stride       int     // F is averaged over every stride-th step, as in Backend.FisherVector
}

// CGReport tells how well the system was solved.
type CGReport struct {
	Iterations int
	Residual   float64 // ‖A x − b‖ / ‖b‖; 0 where b is
}

// FisherSolver is what a [Backend] may offer beside the contract: the whole of the conjugate gradient
// method, without a word with the host in between. It is held to the plain method in package
// algo over FisherVector of the same backend.
type FisherSolver interface {
	// SolveFisher writes direction [P] = (F + λI)⁻¹ gradient [P]. Where it meets a NaN, or a
	// direction along which F + λI does not rise, it returns an error that wraps [ErrDiverged].
	SolveFisher(direction, gradient []float64, paths Paths, policy Policy, options CGOptions) (CGReport, error)
}

// Check refuses impossible options, naming the field. A negative damping is possible: what comes of
// it is found on the way.
func (o CGOptions) Check() error {
	if o.Iterations < 0 || o.Stride < 1 || !(o.Tolerance >= 0) || o.Damping-o.Damping != 0 {
		return fmt.Errorf("conjugate gradient: iterations %d, stride %d, tolerance %g, damping %g: out of range",
			o.Iterations, o.Stride, o.Tolerance, o.Damping)
	}
	return nil
}
