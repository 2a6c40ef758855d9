package nn

import "gorgonia.org/tensor"

// Machine computes for a [Backend] that [Guard] makes of it. It has the same methods on handles of its
// own types: M for ensembles, P for policies, V for value networks and R for paths. A machine checks no
// argument. The guard passes open handles of the machine and arguments that passed the checks of this
// package, and calls one method at a time.
type Machine[M, V Stored, P StoredPolicy, R StoredPaths] interface {
	Describe() string
	NewEnsemble(shape EnsembleShape, parameters []float32) (M, error)
	NewPolicy(shape PolicyShape, parameters []float32) (P, error)
	NewValue(shape ValueShape, parameters []float32) (V, error)
	Fit(model M, data Transitions, options FitOptions) (FitReport, error)
	ModelLoss(model M, data Transitions) ([]float64, error)
	Predict(model M, task Task, observations, actions *tensor.Dense) (*tensor.Dense, error)
	Rollout(policy P, model M, task Task, starts Starts, options RolloutOptions) (R, error)
	// UploadPaths also gets the sizes of the columns.
	UploadPaths(shape PathShape, columns *PathColumns) (R, error)
	Score(paths R, task Task, options ScoreOptions) (ScoreReport, error)
	Advantages(paths R, value V, options AdvantageOptions) error
	PolicyGradient(gradient []float64, paths R, policy P) error
	FisherVector(product, v []float64, paths R, policy P, stride int) error
	Surrogate(paths R, policy P) (gain, kl float64, err error)
	FitValue(value V, paths R, options ValueFitOptions) (ValueReport, error)
	Close() error
}

// MachineSolver is optional for a [Machine]: with it, the backend offers [FisherSolver].
type MachineSolver[P, R any] interface {
	SolveFisher(direction, gradient []float64, paths R, policy P, options CGOptions) (CGReport, error)
}

// MachineDifferentiator is optional for a [Machine]: with it, the backend offers [Differentiator], and its
// rollouts draw members. The task is a [Differentiable] unless the reward is learned.
type MachineDifferentiator[M, V, P, R any] interface {
	PathwiseGradient(first, second []float64, paths R, policy P, model M, value V, task Task, options PathwiseOptions) error
}

// Stored is a machine's own network. If it has a Close method, the guard calls Close once, before the
// machine's Close.
type Stored interface {
	Save() (State, error)
	Load(state State) error
}

// StoredPolicy is a machine's own policy.
type StoredPolicy interface {
	Stored
	Parameters() ([]float32, error)
	SetParameters(parameters []float32) error
	SetNormaliser(shift, scale []float32) error
}

// StoredPaths are a machine's own paths. If they have a Close method, the guard calls Close once, before
// the machine's Close.
type StoredPaths interface {
	// Facts returns what the checks of arguments need. It does not allocate.
	Facts() PathFacts
	Download() (*PathColumns, error)
}

// Guarded is a [Backend] that [Guard] made.
type Guarded interface {
	Backend
	GaussianMembers
	ActorCritic
	Disagreeing
	Multiplying
	// Exclusively runs work outside the contract under the rules of a method: it refuses a closed
	// backend, and a call while a method runs.
	Exclusively(work func() error) error
}
