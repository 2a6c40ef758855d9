package algo

import (
	"fmt"
	"math"
	"slices"
)

// Values of the keys that name a choice.
const (
	scalingStd     = "std"
	scalingMAD     = "mad"
	lossNormalised = "normalised"
	lossRaw        = "raw"

	kindDeterministic = "deterministic"
	kindGaussian      = "gaussian"
	activationSiLU    = "silu"
	activationReLU    = "relu"
)

// Problem is a value that a configuration cannot have.
type Problem struct {
	Key    string // key of the configuration file, for instance npg.steps
	Reason string
}

func (p Problem) Error() string { return p.Key + ": " + p.Reason }

// checker gathers problems.
type checker struct{ problems []Problem }

func (c *checker) must(ok bool, key, format string, args ...any) {
	if !ok {
		c.problems = append(c.problems, Problem{Key: key, Reason: fmt.Sprintf(format, args...)})
	}
}

// Limits of a configuration. They are far beyond what is of use and keep every product of sizes within
// 64 bits and every float within 32, so that what fits them may be slow or need much memory, but is what
// the user wrote.
const (
	MostSamples = 1_000_000_000_000 // environment steps of a run
	mostCount   = math.MaxInt32     // most of any other count
	mostMembers = 1000
	mostLayers  = 32
	mostUnits   = 1 << 16 // most units of a layer
	mostReal    = 1e30
	leastReal   = 1e-30 // above 0
)

func (c *checker) atLeast(least, value int, key string) { c.count(least, value, mostCount, key) }

func (c *checker) count(least, value, most int, key string) {
	c.must(value >= least, key, "is %d, must be at least %d", value, least)
	c.must(value <= most, key, "is %d, must be at most %d", value, most)
}

func (c *checker) positive(value float64, key string) {
	c.must(value > 0, key, "is %g, must be positive", value)
	c.must(!(value > 0) || value >= leastReal && value <= mostReal, key, "is %g, must be from %g to %g", value, leastReal, mostReal)
}

func (c *checker) notNegative(value float64, key string) {
	c.must(value >= 0, key, "is %g, must not be negative", value)
	if value > 0 {
		c.positive(value, key)
	}
}

func (c *checker) within(low, value, high float64, key string) {
	c.must(value >= low && value <= high, key, "is %g, must be from %g to %g", value, low, high)
}

func (c *checker) oneOf(value, key string, choices ...string) {
	c.must(slices.Contains(choices, value), key, "is %q, must be one of %v", value, choices)
}

func (c *checker) layers(sizes []int, key string) {
	c.must(len(sizes) > 0, key, "needs at least one hidden layer")
	c.must(len(sizes) <= mostLayers, key, "has %d layers, must have at most %d", len(sizes), mostLayers)
	for i, size := range sizes[:min(len(sizes), mostLayers)] {
		c.must(size >= 1 && size <= mostUnits, key, "has %d units in layer %d, must have from 1 to %d", size, i+1, mostUnits)
	}
}

// Validate lists everything that is wrong with the configuration; nil if nothing is.
func (c Config) Validate() []Problem {
	check := &checker{}
	check.must(slices.Contains(Algorithms(), c.Algorithm), "algo", "is %q, must be one of %v", c.Algorithm, Algorithms())
	check.count(0, c.Samples, MostSamples, "samples")
	check.positive(c.DataTolerance, "data_tolerance")
	check.atLeast(1, c.OfflineIterations, "offline_iterations")
	check.atLeast(1, c.Repeat, "action_repeat")
	check.atLeast(1, c.InitialSamples, "initial_samples")
	check.atLeast(1, c.SamplesPerIteration, "samples_per_iteration")
	check.count(0, c.Buffer, MostSamples, "buffer")
	check.atLeast(0, c.TrainingHorizon, "training_horizon")
	check.must(c.TrainingHorizon <= 0 || c.TrainingHorizon >= c.Repeat, "training_horizon", "is %d, must be 0, or at least action_repeat %d", c.TrainingHorizon, c.Repeat)
	check.within(0, c.Relabel, 1, "relabel")
	c.Model.validate(check)
	c.Policy.validate(check)
	c.Value.validate(check)
	c.NPG.validate(check)
	c.validateCaution(check)
	check.must(c.NPG.Early == 0 || c.Policy.Player != PlayerPlan, "npg.early", "is %d, but a plan has one discount: must be 0 where policy.player is %s", c.NPG.Early, PlayerPlan)
	c.Plan.validate(check)
	check.atLeast(0, c.Promise.Starts, "promise.starts")
	check.positive(c.Promise.Floor, "promise.floor")
	check.within(0, c.Promise.Floor, 1, "promise.floor")
	check.notNegative(c.Promise.Price, "promise.price")
	check.must(!(c.Promise.Price > mostLevel), "promise.price", "is %g, must be at most %d", c.Promise.Price, mostLevel)
	check.notNegative(c.Promise.PriceRate, "promise.price_rate")
	check.within(0, c.Promise.PriceRate, 10, "promise.price_rate")
	c.Pathwise.validate(check)
	c.ActorCritic.validate(check)
	c.ActorCritic.validateDiscount(check, c)
	check.must(!c.Value.Normalise || c.Policy.Normalise, "value.normalise", "needs policy.normalise: the two share a normaliser")
	check.atLeast(0, c.Evaluation.Every, "evaluation.every")
	check.atLeast(1, c.Evaluation.Episodes, "evaluation.episodes")
	stop := c.Evaluation.StopAt
	check.must(!math.IsNaN(stop), "evaluation.stop_at", "is not a number")
	check.must(c.Evaluation.Every > 0 || math.IsInf(stop, 1), "evaluation.stop_at", "is %g, but evaluation.every is 0: nothing would be judged", stop)
	check.atLeast(0, c.Diagnostics, "diagnostic_starts")
	return check.problems
}

func (m ModelConfig) validate(check *checker) {
	check.count(1, m.Members, mostMembers, "model.members")
	check.layers(m.Hidden, "model.hidden")
	check.atLeast(1, m.Epochs, "model.epochs")
	check.atLeast(1, m.Batch, "model.batch")
	check.atLeast(0, m.MinSteps, "model.min_steps")
	check.must(m.MaxSteps >= m.MinSteps, "model.max_steps", "is %d, must be at least min_steps %d", m.MaxSteps, m.MinSteps)
	check.count(1, m.MaxSteps, mostCount, "model.max_steps")
	check.positive(m.LearningRate, "model.learning_rate")
	check.within(0, m.Anneal, 1, "model.anneal")
	check.notNegative(m.WeightDecay, "model.weight_decay")
	check.notNegative(m.Noise, "model.noise")
	check.oneOf(m.Scaling, "model.scaling", scalingStd, scalingMAD)
	check.oneOf(m.Loss, "model.loss", lossNormalised, lossRaw)
	m.validateMembers(check)
}

func (p PolicyConfig) validate(check *checker) {
	check.oneOf(p.Player, "policy.player", Players()...)
	check.layers(p.Hidden, "policy.hidden")
	check.within(-20, p.MinLogStd, 20, "policy.min_log_std")
	check.within(p.MinLogStd, p.MaxLogStd, 20, "policy.max_log_std")
	check.within(p.MinLogStd, p.InitialLogStd, p.MaxLogStd, "policy.initial_log_std")
	check.notNegative(p.OutputScale, "policy.output_scale")
	check.within(0, p.Average, 1, "policy.average")
	check.atLeast(0, p.Clone, "policy.clone")
}

func (v ValueConfig) validate(check *checker) {
	check.layers(v.Hidden, "value.hidden")
	check.atLeast(1, v.Epochs, "value.epochs")
	check.atLeast(0, v.MinSteps, "value.min_steps")
	check.atLeast(1, v.Batch, "value.batch")
	check.positive(v.LearningRate, "value.learning_rate")
	check.notNegative(v.WeightDecay, "value.weight_decay")
	check.positive(v.Clip, "value.clip")
	check.positive(v.TimeScale, "value.time_scale")
	check.positive(v.RewardScale, "value.reward_scale")
}

func (n NPGConfig) validate(check *checker) {
	check.atLeast(1, n.Steps, "npg.steps")
	check.positive(n.StepSize, "npg.step_size")
	check.within(0, n.Momentum, 0.99, "npg.momentum")
	check.atLeast(1, n.StartsPerMember, "npg.starts_per_member")
	check.within(0, n.BufferStarts, 1, "npg.buffer_starts")
	check.within(-1, n.Pessimism, 1, "npg.pessimism")
	check.within(0, n.DataStarts, 1, "npg.data_starts")
	check.must(!(n.BufferStarts+n.DataStarts > 1), "npg.data_starts", "is %g, and npg.buffer_starts %g: together more than all starts", n.DataStarts, n.BufferStarts)
	check.atLeast(1, n.Horizon, "npg.horizon")
	check.within(0, n.Gamma, 1, "npg.gamma")
	check.must(n.GammaEarly >= 0 && n.GammaEarly < 1 && (n.Early == 0 || n.Gamma < 1), "npg.gamma_early", "is %g, must be from 0 to below 1, and npg.gamma below 1 where npg.early is positive", n.GammaEarly)
	check.atLeast(0, n.Early, "npg.early")
	check.within(0, n.Lambda, 1, "npg.lambda")
	check.notNegative(n.Entropy, "npg.entropy")
	check.atLeast(0, n.MinPathLength, "npg.min_path_length")
	check.must(n.MinPathLength <= n.Horizon, "npg.min_path_length", "is %d, but no model path is longer than npg.horizon %d", n.MinPathLength, n.Horizon)
	check.notNegative(n.Clamp, "npg.clamp")
	check.notNegative(n.ClampSpread, "npg.clamp_spread")
	check.atLeast(1, n.CGIterations, "npg.cg_iterations")
	check.positive(n.CGDamping, "npg.cg_damping")
	check.notNegative(n.CGTolerance, "npg.cg_tolerance")
	check.atLeast(1, n.FisherStride, "npg.fisher_stride")
}

// validate lists what is wrong with the keys of plans.
func (p PlanConfig) validate(check *checker) {
	check.oneOf(p.Around, "plan.around", aroundPolicy, aroundZero)
	check.within(1, float64(p.Horizon), 255, "plan.horizon")
	check.within(2, float64(p.Candidates), 1<<16, "plan.candidates")
	check.within(1, float64(p.Rounds), 100, "plan.rounds")
	check.within(1, float64(p.Elites), float64(p.Candidates), "plan.elites")
	check.positive(p.Temperature, "plan.temperature")
	check.positive(p.Noise, "plan.noise")
	check.within(0, p.Smoothness, 0.999, "plan.smoothness")
}
