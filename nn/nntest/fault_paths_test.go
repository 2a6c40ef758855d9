package nntest

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
	"gorgonia.org/tensor"
)

// pathFault changes the inputs and the results of the steps on paths.
type pathFault struct {
	nn.Backend
	task    func(nn.Task) nn.Task
	rollout func(*nn.RolloutOptions)
	score   func(*nn.ScoreOptions)
	credit  func(*nn.AdvantageOptions)
	columns func(*nn.PathColumns)
	next    func([]float32)
	critic  func(*nn.ValueShape)
}

func (f pathFault) NewValue(shape nn.ValueShape, parameters []float32) (nn.Value, error) {
	if f.critic != nil {
		f.critic(&shape)
	}
	return f.Backend.NewValue(shape, parameters)
}

func (f pathFault) seen(task nn.Task) nn.Task {
	if f.task == nil {
		return task
	}
	return f.task(task)
}

func (f pathFault) Rollout(p nn.Policy, m nn.Ensemble, task nn.Task, starts nn.Starts, options nn.RolloutOptions) (nn.Paths, error) {
	if f.rollout != nil {
		f.rollout(&options)
	}
	return f.Backend.Rollout(p, m, f.seen(task), starts, options)
}

func (f pathFault) Score(paths nn.Paths, task nn.Task, options nn.ScoreOptions) (nn.ScoreReport, error) {
	if f.score != nil {
		f.score(&options)
	}
	return f.Backend.Score(paths, f.seen(task), options)
}

func (f pathFault) Advantages(paths nn.Paths, value nn.Value, options nn.AdvantageOptions) error {
	if f.credit != nil {
		f.credit(&options)
	}
	return f.Backend.Advantages(paths, value, options)
}

func (f pathFault) UploadPaths(columns *nn.PathColumns) (nn.Paths, error) {
	if f.columns != nil {
		other := *columns
		f.columns(&other)
		columns = &other
	}
	return f.Backend.UploadPaths(columns)
}

func (f pathFault) Predict(model nn.Ensemble, task nn.Task, obs, act *tensor.Dense) (*tensor.Dense, error) {
	next, err := f.Backend.Predict(model, f.seen(task), obs, act)
	if err == nil && f.next != nil {
		f.next(next.Data().([]float32))
	}
	return next, err
}

// immortal is a task that never ends.
type immortal struct{ nn.Task }

func (immortal) Terminated([]float64) bool { return false }

// boundless is a task whose action box no action reaches.
type boundless struct{ nn.Task }

func (b boundless) ActionBox() (low, high []float64) {
	low, high = b.Task.ActionBox()
	return make([]float64, len(low)), append([]float64(nil), high...)
}

// shifted is a task with its kinds in another order.
type shifted struct{ nn.Task }

func (s shifted) ObservationKinds() []string {
	kinds := append([]string(nil), s.Task.ObservationKinds()...)
	for i, kind := range kinds {
		if kind == nn.KindUnit || kind == nn.KindAngle {
			kinds[i] = nn.KindPredicted
		}
	}
	return kinds
}

// reluctant is a task whose second reward term has the wrong sign.
type reluctant struct{ nn.Task }

func (r reluctant) Rewards(terms, obs, act, next []float64) {
	r.Task.Rewards(terms, obs, act, next)
	terms[1] = -terms[1]
}

func pathFaults() map[string]fault {
	broken := func(f pathFault, found ...string) fault {
		return fault{func(b nn.Backend) nn.Backend { f := f; f.Backend = b; return f }, found}
	}
	return map[string]fault{
		"termination is dropped": broken(pathFault{task: func(t nn.Task) nn.Task { return immortal{t} }},
			"rollout/terminate", "score/task", "score/rollout", "score/learned"),
		"actions are clipped to another box": broken(pathFault{task: func(t nn.Task) nn.Task { return boundless{t} }},
			"predict/fitted", "predict/kinds", "rollout/steps", "score/task"),
		"kinds are ignored": broken(pathFault{task: func(t nn.Task) nn.Task { return shifted{t} }},
			"predict/fitted", "predict/kinds", "rollout/steps"),
		"a reward term has the wrong sign": broken(pathFault{task: func(t nn.Task) nn.Task { return reluctant{t} }},
			"score/task", "score/min-length", "score/twice", "score/rollout"),
		"every rollout has the same noise": broken(pathFault{rollout: func(o *nn.RolloutOptions) { o.Index = 0 }}, "rollout/index", "rollout/steps"),
		"the high half of a seed is lost":  broken(pathFault{rollout: func(o *nn.RolloutOptions) { o.Seed &= math.MaxUint32 }}, "rollout/steps"),
		"the clamp is ignored":             broken(pathFault{rollout: func(o *nn.RolloutOptions) { o.Clamp = 0 }}, "rollout/clamp"),
		"the spread is ignored":            broken(pathFault{rollout: func(o *nn.RolloutOptions) { o.ClampSpread = 0 }}, "rollout/spread"),
		"the model makes no noise":         broken(pathFault{rollout: func(o *nn.RolloutOptions) { o.Noise = nil }}, "rollout/noise"),
		"the time limit is ignored":        broken(pathFault{rollout: func(o *nn.RolloutOptions) { o.TimeLimit = 0 }}, "rollout/time-limit"),
		"short paths are kept":             broken(pathFault{score: func(o *nn.ScoreOptions) { o.MinLength = 0 }}, "score/min-length", "advantages/gae"),
		"all members count":                broken(pathFault{score: func(o *nn.ScoreOptions) { o.Pessimism = 0 }}, "score/pessimism", "score/optimism"),
		"pessimism has no sign":            broken(pathFault{score: func(o *nn.ScoreOptions) { o.Pessimism = max(o.Pessimism, -o.Pessimism) }}, "score/optimism"),
		"the reward scale is ignored":      broken(pathFault{score: func(o *nn.ScoreOptions) { o.RewardScale = 1 }}, "score/task", "score/twice", "score/learned"),
		"cut and terminated are one": broken(pathFault{credit: func(o *nn.AdvantageOptions) { o.CutToZero = false }},
			"advantages/zero-after-cut"),
		"advantages are not whitened": broken(pathFault{credit: func(o *nn.AdvantageOptions) { o.Whiten = false }},
			"advantages/whitened", "advantages/whitened-moments"),
		"the end of an episode is ignored": broken(pathFault{critic: func(s *nn.ValueShape) { s.Limit = 0 }}, "advantages/finite"),
		"the value network sees as it always did": broken(pathFault{critic: func(s *nn.ValueShape) { s.Clip = 10 }},
			"advantages/gae", "value/gradient"),
		"the value network's normaliser is ignored": broken(pathFault{critic: func(s *nn.ValueShape) { s.Shift, s.Scale = nil, nil }},
			"value/normalised", "advantages/normalised"),
		"the value network's clock is another": broken(pathFault{critic: func(s *nn.ValueShape) { s.TimeScale = 1000 }},
			"advantages/gae", "value/gradient"),
		"λ is ignored": broken(pathFault{credit: func(o *nn.AdvantageOptions) { o.Lambda = 1 }}, "advantages/gae", "advantages/td"),
		"the time of a start is lost": broken(pathFault{columns: func(c *nn.PathColumns) { c.Times = make([]float32, len(c.Times)) }},
			"advantages/gae", "value/gradient"),
		"log σ of the actor is lost": broken(pathFault{columns: func(c *nn.PathColumns) { c.LogStd = make([]float32, len(c.LogStd)) }},
			"gradient/acted", "surrogate/moved", "surrogate/log-std"),
		"what lies beyond a path is read": broken(pathFault{columns: func(c *nn.PathColumns) {
			c.Lengths = append([]int(nil), c.Lengths...)
			for i, length := range c.Lengths {
				c.Lengths[i] = min(length+1, c.Actions.Shape()[1])
			}
		}}, "gradient/acted", "fisher/product", "surrogate/moved", "value/gradient"),
		"members are swapped": broken(pathFault{next: func(next []float32) {
			for i := range len(next) / 3 {
				next[i], next[i+len(next)/3] = next[i+len(next)/3], next[i]
			}
		}}, "predict/fitted", "predict/never-fitted"),
		"a prediction of NaN": broken(pathFault{next: func(next []float32) { next[0] = float32(math.NaN()) }},
			"predict/fitted", "predict/never-fitted"),
	}
}

// welcoming accepts foreign handles.
type welcoming struct{ nn.Backend }

func (w welcoming) ModelLoss(model nn.Ensemble, data nn.Transitions) ([]float64, error) {
	if stranger, ok := model.(strangerModel); ok {
		model = stranger.Ensemble
	}
	return w.Backend.ModelLoss(model, data)
}

// forgetful loses what a state holds: every network that it makes loads without moments.
type forgetful struct{ nn.Backend }

type forgetfulValue struct{ nn.Value }

func (f forgetful) NewValue(shape nn.ValueShape, parameters []float32) (nn.Value, error) {
	v, err := f.Backend.NewValue(shape, parameters)
	if err != nil {
		return nil, err
	}
	return forgetfulValue{v}, nil
}

func (f forgetful) FitValue(value nn.Value, paths nn.Paths, options nn.ValueFitOptions) (nn.ValueReport, error) {
	return f.Backend.FitValue(value.(forgetfulValue).Value, paths, options)
}

func (v forgetfulValue) Load(state nn.State) error {
	lost := append(nn.State(nil), state...)
	for i, array := range lost {
		if array.Name == nn.StateMoment2 {
			lost[i].Value = nn.Matrix(make([]float32, array.Value.Shape()[0]), array.Value.Shape()...)
		}
	}
	return v.Value.Load(lost)
}

// shared keeps the caller's parameters instead of a copy.
type shared struct{ nn.Backend }

func (s shared) NewPolicy(shape nn.PolicyShape, parameters []float32) (nn.Policy, error) {
	p, err := s.Backend.NewPolicy(shape, parameters)
	if err == nil {
		own, _ := nn.Own[*policy](p)
		own.parameters = parameters
	}
	return p, err
}

func contractFaults() map[string]fault {
	return map[string]fault{
		"foreign handles are taken in": {func(b nn.Backend) nn.Backend { return welcoming{b} }, []string{"guard"}},
		"moments are not loaded":       {func(b nn.Backend) nn.Backend { return forgetful{b} }, []string{"state/round-trip", "state/continues"}},
		"parameters are not copied":    {func(b nn.Backend) nn.Backend { return shared{b} }, []string{"state/copies"}},
	}
}
