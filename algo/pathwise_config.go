package algo

import "github.com/palmal-rl/palmal/nn"

// PathwiseConfig is the player that differentiates through the model, used where policy.player is pathwise. It
// shares the keys of npg that say how far and how accurately a step goes. Source: Xu et al. 2022 (SHAC), with the
// paper's natural gradient in place of Adam.
type PathwiseConfig struct {
	Starts        int     `yaml:"starts" from:"ours"`         // model paths of a policy step
	Horizon       int     `yaml:"horizon" from:"ours"`        // their decisions; V stands for the rest
	Draw          string  `yaml:"draw" from:"ours"`           // members of the ensemble: step, drawn for every decision, or path
	Age           int     `yaml:"age" from:"ours"`            // decisions after which a chain of paths starts again from a real state
	Initial       float64 `yaml:"initial" from:"ours"`        // fraction of real states that are initial states
	Recent        float64 `yaml:"recent" from:"ours"`         // fraction of the others from the newest samples
	RecentSamples int     `yaml:"recent_samples" from:"ours"` // environment steps that count as the newest

	Smooth       float64 `yaml:"smooth" from:"ours"`        // conditions in the reward count as sigmoids of this relative width, for the gradient alone; 0: their derivative is 0
	Mix          string  `yaml:"mix" from:"ours"`           // add the gradient by likelihood ratios: none; variance: by inverse variance; error: also by what conditions hide from the derivative
	Renormalise  bool    `yaml:"renormalise" from:"ours"`   // scale the observations of policy and V by all data, again in every iteration, without changing either
	KL           float64 `yaml:"kl" from:"ours"`            // the iteration ends where the mean KL to its first policy exceeds this
	KLFirst      float64 `yaml:"kl_first" from:"ours"`      // the same in the first iteration
	KLLate       float64 `yaml:"kl_late" from:"ours"`       // the same in late iterations
	Late         int     `yaml:"late" from:"ours"`          // environment steps before the first iteration that may be late; 0: none is
	LateReward   float64 `yaml:"late_reward" from:"ours"`   // a late iteration is one before which a step of the newest samples_per_iteration earned this much; 0: whatever it earned
	LateLogStd   float64 `yaml:"late_log_std" from:"ours"`  // added to policy.min_log_std in late iterations
	FullCosine   float64 `yaml:"full_cosine" from:"ours"`   // where two halves of the paths agree less than this, a step is shorter, by the square; 0: never
	EnoughCosine float64 `yaml:"enough_cosine" from:"ours"` // where those of the first step agree more than this, later steps of the iteration take fewer paths, as many as agree this much; 0: never
	LeastCosine  float64 `yaml:"least_cosine" from:"ours"`  // where they agree less than this, the iteration ends after the step; 0: never

	ValueRolls   int     `yaml:"value_rolls" from:"ours"`   // rollouts of long paths before the steps of an iteration, each with a fit of V
	ValueStarts  int     `yaml:"value_starts" from:"ours"`  // paths of each
	ValueHorizon int     `yaml:"value_horizon" from:"ours"` // their decisions
	ValueFirst   int     `yaml:"value_first" from:"ours"`   // times as many rollouts in the first iteration
	Slow         float64 `yaml:"slow" from:"ours"`          // share by which the slow copy of V, which gives the targets, follows V in every minibatch
}

// Values of pathwise.draw.
const (
	drawStep = "step"
	drawPath = "path"
)

// draw is the key for the backend.
func (p PathwiseConfig) draw() nn.Draw {
	if p.Draw == drawPath {
		return nn.DrawPath
	}
	return nn.DrawStep
}

// isLate reports whether an iteration is late, given the samples before it and what a step of the newest of these earned.
func (p PathwiseConfig) isLate(samples int, earned float64) bool {
	return p.Late > 0 && samples >= p.Late && (p.LateReward == 0 || earned >= p.LateReward)
}

// doubts reports whether an iteration ends for the cosine of the halves of its latest step, NaN where none was measured.
func (p PathwiseConfig) doubts(cosine float64) bool {
	return p.LeastCosine > 0 && cosine < p.LeastCosine
}

// fewestOf is how many times fewer paths a step takes at most: the cosine of one step is itself noisy.
const fewestOf = 4

// enough is the number of paths whose halves agree with enough_cosine, where those of all starts agree with a cosine, NaN where none
// was measured. Halves that share a gradient g and have independent noise of variance v/n agree by c with c/(1-c) = n·|g|²/v.
func (p PathwiseConfig) enough(cosine float64) int {
	cosine = min(cosine, 1) // rounding may exceed it
	if p.EnoughCosine == 0 || !(cosine > p.EnoughCosine) {
		return p.Starts
	}
	odds := func(c float64) float64 { return c / (1 - c) }
	return max(int(float64(p.Starts)*odds(p.EnoughCosine)/odds(cosine)), (p.Starts+fewestOf-1)/fewestOf, 2)
}

// bound is the bound on the KL of an iteration.
func (p PathwiseConfig) bound(first, late bool) float64 {
	switch {
	case first:
		return p.KLFirst
	case late:
		return p.KLLate
	}
	return p.KL
}

// late reports whether an iteration is late.
func (c Config) late(t turn) bool {
	return c.Pathwise.isLate(t.samples, t.data.replay.earned(c.SamplesPerIteration))
}

// floor is the floor of log σ in an iteration.
func (c Config) floor(late bool) float64 {
	if late {
		return c.Policy.MinLogStd + c.Pathwise.LateLogStd
	}
	return c.Policy.MinLogStd
}

// validate lists what is wrong with the keys.
func (p PathwiseConfig) validate(check *checker) {
	check.within(2, float64(p.Starts), 1<<24, "pathwise.starts")
	check.within(1, float64(p.Horizon), 1<<16, "pathwise.horizon")
	check.oneOf(p.Draw, "pathwise.draw", drawStep, drawPath)
	check.atLeast(1, p.Age, "pathwise.age")
	check.within(0, p.Initial, 1, "pathwise.initial")
	check.within(0, p.Recent, 1, "pathwise.recent")
	check.atLeast(1, p.RecentSamples, "pathwise.recent_samples")
	check.notNegative(p.Smooth, "pathwise.smooth")
	check.oneOf(p.Mix, "pathwise.mix", mixNone, mixVariance, mixError)
	check.positive(p.KL, "pathwise.kl")
	check.positive(p.KLFirst, "pathwise.kl_first")
	check.positive(p.KLLate, "pathwise.kl_late")
	check.atLeast(0, p.Late, "pathwise.late")
	check.within(-mostReal, p.LateReward, mostReal, "pathwise.late_reward")
	check.within(-20, p.LateLogStd, 0, "pathwise.late_log_std")
	check.within(0, p.FullCosine, 1, "pathwise.full_cosine")
	check.within(0, p.EnoughCosine, 1, "pathwise.enough_cosine")
	check.within(0, p.LeastCosine, 1, "pathwise.least_cosine")
	check.atLeast(0, p.ValueRolls, "pathwise.value_rolls")
	check.within(1, float64(p.ValueStarts), 1<<24, "pathwise.value_starts")
	check.within(1, float64(p.ValueHorizon), 1<<16, "pathwise.value_horizon")
	check.atLeast(1, p.ValueFirst, "pathwise.value_first")
	check.within(0, p.Slow, 1, "pathwise.slow")
	check.must(p.Slow > 0, "pathwise.slow", "is %g, must be positive", p.Slow)
}
