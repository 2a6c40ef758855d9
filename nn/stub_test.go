package nn_test

import (
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/nn"
)

// stub is a machine that computes nothing and counts its calls.
type stub struct {
	calls, closes int
	during        func() // called by Score, as a task's functions are
}

// stubNetwork is a network of the stub.
type stubNetwork struct{ closes int }

func (n *stubNetwork) Save() (nn.State, error) { return nil, nil }
func (n *stubNetwork) Load(nn.State) error     { return nil }
func (n *stubNetwork) Close() error            { n.closes++; return nil }

type stubPolicy struct{ stubNetwork }

func (p *stubPolicy) Parameters() ([]float32, error)           { return nil, nil }
func (p *stubPolicy) SetParameters([]float32) error            { return nil }
func (p *stubPolicy) SetNormaliser([]float32, []float32) error { return nil }

type stubPaths struct {
	facts  nn.PathFacts
	closes int
}

func (p *stubPaths) Facts() nn.PathFacts                { return p.facts }
func (p *stubPaths) Download() (*nn.PathColumns, error) { return new(nn.PathColumns), nil }
func (p *stubPaths) Close() error                       { p.closes++; return nil }

func (s *stub) Describe() string { return "a stub" }
func (s *stub) Close() error     { s.closes++; return nil }

func (s *stub) NewEnsemble(nn.EnsembleShape, []float32) (*stubNetwork, error) {
	return new(stubNetwork), nil
}
func (s *stub) NewPolicy(nn.PolicyShape, []float32) (*stubPolicy, error) { return new(stubPolicy), nil }
func (s *stub) NewValue(nn.ValueShape, []float32) (*stubNetwork, error)  { return new(stubNetwork), nil }

func (s *stub) Fit(*stubNetwork, nn.Transitions, nn.FitOptions) (nn.FitReport, error) {
	s.calls++
	return nn.FitReport{}, nil
}

func (s *stub) ModelLoss(*stubNetwork, nn.Transitions) ([]float64, error) {
	s.calls++
	return nil, nil
}

func (s *stub) Predict(*stubNetwork, nn.Task, *tensor.Dense, *tensor.Dense) (*tensor.Dense, error) {
	s.calls++
	return nil, nil
}

func (s *stub) Rollout(*stubPolicy, *stubNetwork, nn.Task, nn.Starts, nn.RolloutOptions) (*stubPaths, error) {
	s.calls++
	return new(stubPaths), nil
}

func (s *stub) UploadPaths(shape nn.PathShape, c *nn.PathColumns) (*stubPaths, error) {
	p := &stubPaths{facts: nn.PathFacts{Observation: shape.Observation, Action: shape.Action, Paths: shape.Paths, Rewards: c.Rewards != nil,
		Learned: c.Rewards != nil, Advantages: c.Advantages != nil, Returns: c.Returns != nil}}
	for _, length := range c.Lengths {
		p.facts.Steps += length
	}
	return p, nil
}

func (s *stub) Score(*stubPaths, nn.Task, nn.ScoreOptions) (nn.ScoreReport, error) {
	s.calls++
	if s.during != nil {
		s.during()
	}
	return nn.ScoreReport{}, nil
}

func (s *stub) Advantages(*stubPaths, *stubNetwork, nn.AdvantageOptions) error { s.calls++; return nil }
func (s *stub) PolicyGradient([]float64, *stubPaths, *stubPolicy) error        { s.calls++; return nil }

func (s *stub) FisherVector(_, _ []float64, _ *stubPaths, _ *stubPolicy, _ int) error {
	s.calls++
	return nil
}

func (s *stub) Surrogate(*stubPaths, *stubPolicy) (gain, kl float64, err error) {
	s.calls++
	return 0, 0, nil
}

func (s *stub) FitValue(*stubNetwork, *stubPaths, nn.ValueFitOptions) (nn.ValueReport, error) {
	s.calls++
	return nn.ValueReport{}, nil
}

// solvingStub also solves systems.
type solvingStub struct{ stub }

func (s *solvingStub) SolveFisher(_, _ []float64, _ *stubPaths, _ *stubPolicy, _ nn.CGOptions) (nn.CGReport, error) {
	s.calls++
	return nn.CGReport{}, nil
}

// differentiatingStub also differentiates paths.
type differentiatingStub struct{ stub }

func (s *differentiatingStub) PathwiseGradient(_, _ []float64, _ *stubPaths, _ *stubPolicy, _, _ *stubNetwork, _ nn.Task, _ nn.PathwiseOptions) error {
	s.calls++
	return nil
}

// wholeStub has every optional method.
type wholeStub struct {
	solvingStub
}

func (s *wholeStub) PathwiseGradient(_, _ []float64, _ *stubPaths, _ *stubPolicy, _, _ *stubNetwork, _ nn.Task, _ nn.PathwiseOptions) error {
	s.calls++
	return nil
}

// stage is a guarded stub on which a mistake of the test itself ends it.
type stage struct {
	*testing.T
	nn.Guarded
	stub *wholeStub
}

// Name is the backend's, not the test's.
func (c *stage) Name() string { return c.Guarded.Name() }

func newStage(t *testing.T) *stage {
	s := new(wholeStub)
	return &stage{t, nn.Guard[*stubNetwork, *stubNetwork, *stubPolicy, *stubPaths]("stub", s), s}
}

func (c *stage) fresh() *stage { return newStage(c.T) }

func (c *stage) need(what string, err error) {
	c.Helper()
	if err != nil {
		c.Fatalf("%s: %v", what, err)
	}
}

func (c *stage) ensemble(shape nn.EnsembleShape) nn.Ensemble {
	m, err := c.NewEnsemble(shape, shape.Init(1))
	c.need("NewEnsemble", err)
	return m
}

func (c *stage) policy(shape nn.PolicyShape) nn.Policy {
	p, err := c.NewPolicy(shape, shape.Init(1, 0, 1))
	c.need("NewPolicy", err)
	return p
}

func (c *stage) value(shape nn.ValueShape) nn.Value {
	v, err := c.NewValue(shape, shape.Init(1))
	c.need("NewValue", err)
	return v
}

func (c *stage) upload(columns *nn.PathColumns) nn.Paths {
	p, err := c.UploadPaths(columns)
	c.need("UploadPaths", err)
	return p
}

// toy is a task of given kinds.
type toy struct {
	name   string
	kinds  []string
	action int
}

func toyTask() toy {
	t := plainTask(12, 5)
	t.name, t.kinds[0], t.kinds[1], t.kinds[2] = "toy", nn.KindAngle, nn.KindConstant, nn.KindLastAction
	return t
}

func plainTask(observation, action int) toy {
	return toy{"plain", slices.Repeat([]string{nn.KindPredicted}, observation), action}
}

func (t toy) Identity() (string, []float64) { return t.name, nil }
func (t toy) ObservationKinds() []string    { return t.kinds }
func (t toy) RewardTerms() []string         { return []string{"term"} }
func (t toy) ActionBox() (low, high []float64) {
	return slices.Repeat([]float64{-1}, t.action), slices.Repeat([]float64{1}, t.action)
}
func (t toy) Rewards(terms, _, _, next []float64) { terms[0] = next[0] }
func (t toy) Terminated([]float64) bool           { return false }
func (t toy) RewardScratch() (n int, ok bool)     { return 0, true }
func (t toy) RewardGradient(_, _, dNext []float64, weight, _ float64, _, _, _, _ []float64) {
	dNext[0] += weight
}

func toyModel(reward bool) nn.EnsembleShape {
	return nn.EnsembleShape{Members: 2, Observation: 12, Action: 5, Hidden: []int{6}, Reward: reward, Kinds: toyTask().kinds}
}

func toyPolicy(observation, action int) nn.PolicyShape {
	return nn.PolicyShape{Observation: observation, Action: action, Hidden: []int{6}}
}

func toyValue(observation int) nn.ValueShape {
	return nn.ValueShape{Observation: observation, Hidden: []int{6}, Clip: nn.ValueClip, TimeScale: nn.ValueTimeScale}
}

func transitions(n, observation, action int) nn.Transitions {
	return nn.Transitions{Observations: zeros(n, observation), Actions: zeros(n, action), Next: zeros(n, observation)}
}

// pathColumns are zeros with every column, all paths of full length.
func pathColumns(n, steps, observation, action int) *nn.PathColumns {
	return &nn.PathColumns{Observations: zeros(n, steps+1, observation), Actions: zeros(n, steps, action), Means: zeros(n, steps, action),
		LogStd: make([]float32, action), Times: make([]float32, n), Rewards: zeros(n, steps), Advantages: zeros(n, steps),
		Returns: zeros(n, steps), Lengths: slices.Repeat([]int{steps}, n), Terminated: make([]bool, n)}
}

func ones(n int) []float32 { return slices.Repeat([]float32{1}, n) }
