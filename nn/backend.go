package nn

import "gorgonia.org/tensor"

// Backend carries out the steps that the paper names; package algo puts them in order. Details that the
// paper does not name stay inside. Implementations: nn/cpu and gpu. The package comment says which
// implementation is the oracle of which.
//
// Arrays of samples cross this boundary once, into a handle; only vectors of the policy's size
// cross it often. A method that finds a NaN returns an error that wraps [ErrDiverged]; a mean over no
// steps is an error. [Guard] refuses, with an error, a handle of another backend (the error names both
// backends), a closed handle, arguments that do not fit, and a call while another one runs.
type Backend interface {
	// Name is what users select: "cpu" or "cuda".
	Name() string
	// Describe says in one line what computes.
	Describe() string

	// NewEnsemble, NewPolicy and NewValue make networks of the given initial parameters, [E,P],
	// [P] and [P], with normalisers 0 and 1 and optimisers at rest. The parameters are copied.
	NewEnsemble(shape EnsembleShape, parameters []float32) (Ensemble, error)
	NewPolicy(shape PolicyShape, parameters []float32) (Policy, error)
	NewValue(shape ValueShape, parameters []float32) (Value, error)

	// Fit improves the model player: it measures the normalisers on the data, then trains all
	// members by Adam on minibatches, each member in its own order (paper, equation 3 and
	// appendix B, model details).
	Fit(model Ensemble, data Transitions, options FitOptions) (FitReport, error)
	// ModelLoss is ℓ(M, µ) on data, per member [E]: the mean squared error of the normalised
	// outputs, under the normalisers of the last fit. An ensemble that was never fitted has
	// normalisers 0 and 1.
	ModelLoss(model Ensemble, data Transitions) ([]float64, error)
	// Predict is one step of every member, without noise: next observations [E,n,O] for
	// observations [n,O] and actions [n,A], which are clipped to the box. Given observations [E,n,O]
	// and actions [E,n,A], every member steps its own rows.
	Predict(model Ensemble, task Task, observations, actions *tensor.Dense) (*tensor.Dense, error)

	// Rollout plays the policy in every member from every start (paper, subroutine 1, lines 4-6), or in
	// members that it draws: only a [Differentiator] does that.
	Rollout(policy Policy, model Ensemble, task Task, starts Starts, options RolloutOptions) (Paths, error)
	// UploadPaths makes a handle from columns on the host: observations, actions, means, log σ,
	// times, lengths and terminated, and rewards, advantages and returns where they are given.
	UploadPaths(columns *PathColumns) (Paths, error)
	// Score computes rewards and truncates paths at their termination (lines 7 and 8).
	Score(paths Paths, task Task, options ScoreOptions) (ScoreReport, error)
	// Advantages estimates advantages and returns with the value network (line 11).
	Advantages(paths Paths, value Value, options AdvantageOptions) error

	// PolicyGradient writes the gradient of the surrogate at the policy's parameters to gradient
	// [P] (line 12): the mean over all steps of advantage · ratio · ∇ log π, where ratio compares
	// the policy with the one that acted and is 1 if they are the same.
	PolicyGradient(gradient []float64, paths Paths, policy Policy) error
	// FisherVector writes F·v [P] to product, with F the Fisher matrix of the policy averaged over
	// every stride-th step (line 13), counted over all kept steps, path after path, without damping.
	// The Fisher matrix of this policy is exactly Jᵀ Σ⁻¹ J for the mean and 2 for each log σ.
	FisherVector(product, v []float64, paths Paths, policy Policy, stride int) error
	// Surrogate compares the policy with the one that acted: the mean over all steps of
	// ratio · advantage, less that of ratio 1, and the mean KL(acted ‖ policy).
	Surrogate(paths Paths, policy Policy) (gain, kl float64, err error)
	// FitValue fits the value network to the returns by Adam on minibatches (line 14).
	FitValue(value Value, paths Paths, options ValueFitOptions) (ValueReport, error)

	// Close frees the backend; handles must be closed before.
	Close() error
}

// Handle refers to something that lives on a backend.
type Handle interface {
	// Backend names the backend of the handle.
	Backend() string
	// Close frees what the handle refers to. A second Close does nothing.
	Close() error
}

// Network is a handle to parameters with their normalisers and optimiser.
type Network interface {
	Handle
	// Save downloads the state.
	Save() (State, error)
	// Load replaces the state with one saved from the same shape, on any backend.
	Load(state State) error
}
