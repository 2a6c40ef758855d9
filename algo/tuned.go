package algo

// tunedPreset starts from the paper's tables and changes what experiments showed to pay; the runs
// behind it are in docs/results.
func tunedPreset(algorithm Algorithm, task string, horizon int) Config {
	c := paperPreset(algorithm, task, horizon)
	switch task {
	case "pointmass":
		c.tuneToy()
		c.tunePointmass(horizon)
	case "cartpole":
		c.tuneToy()
		c.tuneCartpole()
	case "inverted_pendulum":
		c.tunePendulum()
	case "hopper":
		c.tuneHopper()
	case "reacher7dof":
		c.tuneReacher()
	case "dclaw_turn":
		c.tuneClaw()
	case "dkitty_orient":
		c.tuneKitty(horizon)
	case "pen":
		c.tunePen(horizon)
	case "ant":
		c.tuneGait() // with the paper's σ₀: every action costs an ant, noise included
	}
	return c
}

// tuneToy makes the analytic worlds a matter of seconds.
func (c *Config) tuneToy() {
	c.Model.Hidden = []int{64, 64}
	if !c.aggregates() {
		c.Model.Epochs = 30
	}
	c.Value.Hidden, c.Value.MinSteps = []int{64, 64}, tunedValueSteps
	c.NPG.StartsPerMember, c.NPG.BufferStarts, c.NPG.Horizon = 25, 0.5, 200
	c.InitialSamples, c.SamplesPerIteration, c.Samples = 500, 250, 4000
}

// tunePointmass: model paths of an episode's length with a value network that ends with it, more policy
// steps on them, and a model that is not asked where the goal goes. Without weight decay of the value
// network, which drives weights of units that are never active to numbers so small that a processor takes
// ten times as long for each.
func (c *Config) tunePointmass(horizon int) {
	if c.Algorithm != PAL {
		return
	}
	c.Value.WeightDecay = 0
	c.Value.Finite, c.Value.TimeScale = true, float64(horizon)
	c.Model.Blind = true
	c.NPG.Steps, c.NPG.StartsPerMember, c.NPG.Horizon, c.NPG.FisherStride = 10, 40, horizon, 2
	c.Samples = 3000
}

// tuneCartpole: σ ≥ 0.5, so that a model path falls now and then. Where none does, every return is the
// same, advantages are noise, and a policy that balances walks away from it; so it stops when it has
// solved the task. The model keeps all data.
func (c *Config) tuneCartpole() {
	if c.Algorithm != PAL {
		return
	}
	c.Value.WeightDecay = 0
	c.Buffer, c.Model.Epochs = 10_000, 20
	c.Policy.InitialLogStd, c.Policy.MinLogStd = -0.5, -0.7
	c.NPG.FisherStride = 4
	c.Samples, c.Evaluation.StopAt = 4000, 195
}

// tunedValueSteps keeps the value network up with the policy while model paths are short: one pass
// over them is then only some tens of Adam steps, and the advantages are mostly noise.
const tunedValueSteps = 200

// tunePendulum: few samples are enough for a world of four numbers, if the model is fitted to them
// well: a few hundred rows are two or three minibatches an epoch.
func (c *Config) tunePendulum() {
	c.InitialSamples, c.SamplesPerIteration, c.Samples = 200, 100, 1500
	if !c.aggregates() {
		c.Model.Epochs = 150
	}
	c.NPG.StartsPerMember, c.Value.MinSteps = 50, tunedValueSteps
	if c.Algorithm == PAL {
		c.NPG.Steps = 6
	}
}

// tuneReacher: PAL's tables do, in a quarter of the epochs; MAL meets its data in smaller portions and
// fits them longer, so that it has fifteen turns in 10,000 samples instead of five.
func (c *Config) tuneReacher() {
	c.tuneRobot()
	if !c.aggregates() {
		c.Model.Epochs = 25
	}
	if c.Algorithm == MAL {
		c.InitialSamples, c.SamplesPerIteration, c.Model.Epochs, c.Model.MaxSteps = 2500, 500, 25, 600
	}
	c.Model.WeightDecay, c.Value.Finite = tunedWeightDecay, true
}

// tuneClaw: a value network that ends with the episode, models with weight decay, and for PAL data of a
// hundred iterations instead of a dozen; its policy keeps σ ≥ 0.2, so that they go on differing from the
// policy's own habits. On such data it takes twice the policy steps, of thirty CG iterations each.
func (c *Config) tuneClaw() {
	c.tuneRobot()
	c.Model.WeightDecay, c.Value.MinSteps, c.Value.Finite = tunedWeightDecay, tunedValueSteps, true
	if !c.aggregates() {
		c.Model.Epochs = 25
	}
	if c.Algorithm == PAL {
		c.Model.Blind = true
		c.Buffer, c.Model.Epochs, c.Model.MaxSteps = 20_000, 20, 500
		c.Policy.MinLogStd, c.NPG.Steps, c.NPG.CGIterations = -1.6, 8, 30
	}
}

// tuneKitty: fewer epochs on twice the data, and a value network that sees the time.
func (c *Config) tuneKitty(horizon int) {
	c.tuneRobot()
	c.seeEpisodes(horizon)
	if c.Algorithm == PAL {
		c.Buffer, c.Model.Epochs, c.NPG.Steps, c.NPG.StartsPerMember = 5000, 12, 5, 150
	}
}

// tunePen: decisions of two steps, so that half as many errors of the model add up over an episode and
// noise moves the fingers further; a model of all data, whose paths last for an episode and are half as
// noisy as the model is wrong, since no network foresees the jolts of contacts and a policy that has
// never met them drops the pen; a value network that ends with the episode, without which two runs of
// three learned to hold the pen and not to turn it.
func (c *Config) tunePen(horizon int) {
	c.tuneRobot()
	c.Repeat = 2
	decisions := horizon / c.Repeat
	c.seeEpisodes(decisions)
	c.Value.Finite, c.Value.Epochs, c.Policy.Normalise = true, 2, true
	c.Model.LearningRate, c.Model.Anneal, c.Model.WeightDecay = 2e-3, 1, tunedWeightDecay
	c.Model.Shift, c.Model.Blind, c.Model.Noise = true, true, 0.5
	c.NPG.Horizon, c.NPG.BufferStarts, c.NPG.CGIterations = decisions, 0.5, 30
	if c.Algorithm == PAL {
		c.Buffer, c.Model.Epochs, c.Model.MaxSteps = 100_000, 10, 600
		c.SamplesPerIteration, c.NPG.Steps = 500, 8
		c.Practice = 0.5
	}
}

// tuneRobot is what saves time and costs nothing that was seen.
func (c *Config) tuneRobot() {
	c.NPG.FisherStride = 4
	if c.aggregates() {
		c.Model.MaxSteps = 1000
	}
}

// seeEpisodes gives the value network inputs and targets of size 1 for episodes of some tens of
// decisions with rewards of some tens.
func (c *Config) seeEpisodes(horizon int) {
	c.Value.Clip, c.Value.TimeScale, c.Value.RewardScale = 5, float64(horizon), 0.01
}

// tunedWeightDecay keeps models of some tens of observations from learning few rows by heart: their loss
// on data that they have not seen is lower for it.
const tunedWeightDecay = 1e-4

// tuneHopper: σ₀ = 1 and a long memory keep the policy out of the first local optimum, a dive, and
// help it out of the second, standing still. Decisions of two steps halve the horizon. Few new
// samples per iteration, in whole episodes, give the policy most of its steps while episodes are
// short and models poor. More steps per iteration (10) fell for errors of the model.
func (c *Config) tuneHopper() {
	c.tuneGait()
	c.Repeat = 2
	if c.Algorithm == PAL {
		c.InitialSamples, c.SamplesPerIteration = 2000, 500
	}
	c.Policy.InitialLogStd = 0
	c.NPG.CGIterations, c.NPG.CGDamping = 25, 1e-3
}

// aggregates tells whether the model player fits all data by few epochs, as in MAL and GDA.
func (c *Config) aggregates() bool { return c.Buffer == 0 }

// tuneGait is what the walkers share: a long memory, fewer epochs on it, a policy that sees scaled
// observations, and a quarter of the model paths and of the Fisher matrix's samples.
func (c *Config) tuneGait() {
	if c.Algorithm == PAL {
		c.Buffer, c.Model.Epochs, c.Model.MaxSteps, c.NPG.Steps = 20_000, 25, 1000, 5
	}
	c.Model.Shift = true
	c.Policy.MinLogStd, c.Policy.Normalise = -2.5, true
	c.Value.MinSteps = tunedValueSteps
	c.NPG.StartsPerMember, c.NPG.FisherStride = 50, 4
}
