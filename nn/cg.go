package nn

import "fmt"

// CGOptions are the options of the conjugate gradient method for (F + λI) x = b. F is the Fisher
// matrix of a policy.
type CGOptions struct {
	Iterations   int     // largest number of iterations
	Damping      float64 // λ
	Tolerance    float64 // stop at this squared norm of the residual
	FromGradient bool    // start from b instead of 0
	Stride       int     // F is averaged over every stride-th step, as in Backend.FisherVector
}

// CGReport says how well the system was solved.
type CGReport struct {
	Iterations int
	Residual   float64 // ‖A x − b‖ / ‖b‖; 0 if b is 0
}

// FisherSolver is optional for a [Backend]: it runs all of the conjugate gradient method on the device,
// without synchronising with the host. Its oracle is the method of package algo over FisherVector of
// the same backend.
type FisherSolver interface {
	// SolveFisher writes direction [P] = (F + λI)⁻¹ gradient [P]. A NaN, or a search direction along
	// which F + λI is not positive, gives an error that wraps [ErrDiverged].
	SolveFisher(direction, gradient []float64, paths Paths, policy Policy, options CGOptions) (CGReport, error)
}

// Check refuses impossible options, naming the field. It accepts a negative damping: the method itself
// finds out whether F + λI is positive.
func (o CGOptions) Check() error {
	if o.Iterations < 0 || o.Stride < 1 || !(o.Tolerance >= 0) || o.Damping-o.Damping != 0 {
		return fmt.Errorf("conjugate gradient: iterations %d, stride %d, tolerance %g, damping %g: out of range",
			o.Iterations, o.Stride, o.Tolerance, o.Damping)
	}
	return nil
}
