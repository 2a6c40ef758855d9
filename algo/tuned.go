package algo

// tunedPreset starts from the paper's tables and changes what experiments showed to pay; the runs
// behind it are in docs/results.
func tunedPreset(algorithm Algorithm, task string, horizon int) Config {
	c := paperPreset(algorithm, task, horizon)
	switch task {
	case "pointmass", "cartpole":
		c.tuneToy()
	case "inverted_pendulum":
		c.tunePendulum()
	case "hopper":
		c.tuneHopper()
	case "ant":
		c.tuneAnt()
	}
	return c
}

// tuneToy makes the analytic worlds a matter of seconds.
func (c *Config) tuneToy() {
	c.Model.Hidden, c.Model.Epochs = []int{64, 64}, 30
	c.Value.Hidden = []int{64, 64}
	c.NPG.StartsPerMember, c.NPG.BufferStarts, c.NPG.Horizon = 25, 0.5, 200
	c.InitialSamples, c.SamplesPerIteration, c.Buffer = 500, 250, 2500
	c.Samples = 4000
}

// tunePendulum: few samples are enough for a world of four numbers.
func (c *Config) tunePendulum() {
	c.InitialSamples, c.SamplesPerIteration, c.Samples = 200, 100, 1500
	c.Model.Epochs, c.NPG.StartsPerMember = 50, 50
}

// tuneHopper: more exploration at the start and a longer memory keep the policy out of the first
// local optimum, a dive; decisions of two steps halve the horizon.
func (c *Config) tuneHopper() {
	c.Repeat = 2
	c.InitialSamples, c.SamplesPerIteration, c.Buffer = 4000, 1000, 20_000
	c.Model.Epochs, c.Model.Shift, c.Model.MaxSteps = 25, true, 1000
	c.Policy.InitialLogStd, c.Policy.MinLogStd, c.Policy.Normalise = 0, -2.5, true
	c.NPG.Steps, c.NPG.StartsPerMember = 5, 50
	c.NPG.CGIterations, c.NPG.CGDamping = 25, 1e-3
}

// tuneAnt follows tuneHopper with the ant's own exploration.
func (c *Config) tuneAnt() {
	c.Buffer = 20_000
	c.Model.Epochs, c.Model.Shift, c.Model.MaxSteps = 25, true, 1000
	c.Policy.InitialLogStd, c.Policy.Normalise = -0.7, true
	c.NPG.Steps, c.NPG.StartsPerMember = 5, 50
}
