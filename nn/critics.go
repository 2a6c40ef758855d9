package nn

import "fmt"

// CriticShape is the shape of critics Q(s, a), networks that estimate the return of an action in a state and of the
// policy after it. They differ in their parameters alone. Hidden units are SiLU and normalised over each layer.
type CriticShape struct {
	Critics     int // M
	Observation int
	Action      int
	Hidden      []int
}

// CriticNormFloor is added to the variance of the units of a critic's hidden layer.
const CriticNormFloor = 1e-5

// MLP is the shape of the network of one critic.
func (s CriticShape) MLP() MLP {
	net := NewMLP(s.Observation+s.Action, s.Hidden, 1, SiLU)
	net.Norm, net.Floor = true, CriticNormFloor
	return net
}

// Check refuses impossible shapes.
func (s CriticShape) Check() error {
	if s.Critics < 1 {
		return fmt.Errorf("%d critics: needs at least one", s.Critics)
	}
	return s.MLP().Check()
}

// CheckParameters refuses an impossible shape, and parameters that are not [M,P].
func (s CriticShape) CheckParameters(parameters []float32) error {
	if err := s.Check(); err != nil {
		return err
	}
	if want := s.Critics * s.MLP().Parameters(); len(parameters) != want {
		return fmt.Errorf("critics: %d parameters, want %d", len(parameters), want)
	}
	return nil
}

// Init returns initial parameters [M,P]. Last layers are 0, so that every action is worth the middle of the range of
// returns.
func (s CriticShape) Init(seed uint64) []float32 {
	net := s.MLP()
	size := net.Parameters()
	parameters := make([]float32, s.Critics*size)
	layers := net.Layers()
	for j := range s.Critics {
		own := parameters[j*size : (j+1)*size]
		net.Init(own, Key{Seed: seed, Stream: StreamCriticInit}, uint32(j*size))
		clear(own[layers[len(layers)-1].Weights:])
	}
	return parameters
}

// StateSlow is the array of the slow copies of critics, [M,P].
const StateSlow = "slow"

// Layout is the layout of the state of critics. Inputs are observations, then actions.
func (s CriticShape) Layout() Layout {
	parameters, inputs := []int{s.Critics, s.MLP().Parameters()}, []int{s.Observation + s.Action}
	return Layout{CriticsHandle, []Field{
		{StateParameters, parameters}, {StateSlow, parameters}, {StateMoment1, parameters}, {StateMoment2, parameters},
		{StateInShift, inputs}, {StateInScale, inputs},
	}, adamCounters}
}

// Critics is a handle to critics on a backend, with slow copies of them.
type Critics interface {
	Network
	Shape() CriticShape
}

// ActorCritic is optional for a [Backend]: it fits critics on short paths in the model, and differentiates the same paths with critics
// at their ends. Every guarded backend has the methods; those of one without critics answer with errors that wrap [errors.ErrUnsupported].
type ActorCritic interface {
	// Critical is nil if the backend has critics.
	Critical() error
	// NewCritics makes critics of the given initial parameters [M,P], which their slow copies share, with normaliser 0
	// and 1 and optimiser at rest.
	NewCritics(shape CriticShape, parameters []float32) (Critics, error)
	// FitCritics takes one Adam step of every critic. What it lowers is the mean over paths of (q_j(s_0, a_0) − (y − c)/w)², where
	// Q_j = c + w·q_j is critic j with c = (Low + High)/2 and w = (High − Low)/2, and
	//
	//	y = Σ_{t<T} γᵗ (r_t + [t ≥ 1] b) + γᵀ m (min_j Q̄_j(s_T, a_T) + b)
	//
	// clamped to Low and High. T is the length of a path after scoring, m is 0 after a termination and else 1, b is the bonus of
	// the options, and Q̄_j are the slow copies, which then move by the share Slow towards the critics. The policy draws a_T with the
	// noise of decision T; it must be the one that acted. Critics see clipped actions. Paths without a step do not count.
	FitCritics(critics Critics, paths Paths, policy Policy, task Task, options CriticOptions) (CriticReport, error)
	// ActorGradient writes the gradient at the policy's parameters [P] of
	//
	//	mean over paths of Σ_{t<T} γᵗ (r_t + α h) + γᵀ m (mean_j Q_j(s_T, a_T) + α h)
	//
	// with the policy's entropy h, by reverse mode as [Differentiator.PathwiseGradient] does.
	ActorGradient(gradient []float64, paths Paths, policy Policy, critics Critics, model Ensemble, task Task, options ActorOptions) error
}

// CriticOptions are the options of a step of the critics.
type CriticOptions struct {
	Gamma     float64        // discount per decision
	Bonus     float64        // b, what a decision earns besides its reward
	Low, High float64        // range of returns
	Slow      float64        // share of their distance by which the slow copies follow
	Adam      Adam           //
	Rollout   RolloutOptions // those of the rollout that made the paths
}

// CriticReport says how a step of the critics went; means over paths and critics, before the step.
type CriticReport struct {
	Loss   float64 // squared error, in units of w
	Target float64 // y
	Value  float64 // Q_j(s_0, a_0)
}

// ActorOptions are the options of the gradient through paths to critics.
type ActorOptions struct {
	PathwiseOptions
	Entropy   float64 // α
	Low, High float64 // range of returns
}

// MachineActorCritic is optional for a [Machine]: with it, the backend has critics. The guard passes critics that
// the machine made.
type MachineActorCritic[M, P, R any] interface {
	NewCritics(shape CriticShape, parameters []float32) (Stored, error)
	FitCritics(critics Stored, paths R, policy P, task Task, options CriticOptions) (CriticReport, error)
	ActorGradient(gradient []float64, paths R, policy P, critics Stored, model M, task Task, options ActorOptions) error
}
