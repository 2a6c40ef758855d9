package algo

// ActorCriticConfig is the player that learns critics on short model paths and differentiates through both, used where
// policy.player is actor-critic. It shares those keys of pathwise that say how model paths begin and how they are
// differentiated (draw, initial, recent, recent_samples, smooth and renormalise) and those of less noise in late iterations
// (late, late_reward and late_log_std). Source: Haarnoja et al. 2018 (SAC), with the returns of paths in a learned model.
type ActorCriticConfig struct {
	Critics int     `yaml:"critics" from:"ours"` // networks that estimate the return of an action; the least of their slow copies counts in targets
	Hidden  []int   `yaml:"hidden" from:"ours"`  // their SiLU units per layer, normalised over the layer
	Rows    int     `yaml:"rows" from:"ours"`    // model paths of an update
	Horizon int     `yaml:"horizon" from:"ours"` // their decisions; the critics stand for the rest
	Ratio   float64 `yaml:"ratio" from:"ours"`   // updates per environment step of an iteration
	First   float64 `yaml:"first" from:"ours"`   // times as many in the first iteration

	CriticUpdates int `yaml:"critic_updates" from:"ours"` // updates of the critics alone, before those of an iteration
	CriticFirst   int `yaml:"critic_first" from:"ours"`   // the same in the first iteration

	SpreadStarts  int `yaml:"spread_starts" from:"ours"`  // real states from which longer model paths reach the states where updates begin
	SpreadHorizon int `yaml:"spread_horizon" from:"ours"` // decisions of these paths
	Refill        int `yaml:"refill" from:"ours"`         // updates between two such rollouts
	Kept          int `yaml:"kept" from:"ours"`           // rollouts whose states are kept, within an iteration

	LearningRate float64 `yaml:"learning_rate" from:"ours"`  // Adam learning rate of critics, policy and price of entropy
	Slow         float64 `yaml:"slow" from:"ours"`           // share by which the slow copies follow the critics in every update
	Clip         float64 `yaml:"clip" from:"ours"`           // the policy's gradient is at most this times its running norm
	Alpha        float64 `yaml:"alpha" from:"ours"`          // first price of the policy's entropy, in units of the reward of a decision times value.reward_scale
	Entropy      float64 `yaml:"target_entropy" from:"ours"` // nats for each action entry, in halves of the action box, that the price learns to keep
	RangeRate    float64 `yaml:"range_rate" from:"ours"`     // share by which the range of what a decision earns follows that of model paths in every update
	Collect      string  `yaml:"collect" from:"ours"`        // policy that collects data: average, which policy.average makes, or latest
}

// Values of actor_critic.collect.
const (
	collectAverage = "average"
	collectLatest  = "latest"
)

// validate lists what is wrong with the keys.
func (a ActorCriticConfig) validate(check *checker) {
	check.count(1, a.Critics, mostMembers, "actor_critic.critics")
	check.layers(a.Hidden, "actor_critic.hidden")
	check.within(2, float64(a.Rows), 1<<24, "actor_critic.rows")
	check.within(1, float64(a.Horizon), 1<<16, "actor_critic.horizon")
	check.positive(a.Ratio, "actor_critic.ratio")
	check.within(0, a.Ratio, 1e6, "actor_critic.ratio")
	check.within(1, a.First, 1e6, "actor_critic.first")
	check.atLeast(0, a.CriticUpdates, "actor_critic.critic_updates")
	check.atLeast(0, a.CriticFirst, "actor_critic.critic_first")
	check.within(1, float64(a.SpreadStarts), 1<<24, "actor_critic.spread_starts")
	check.within(1, float64(a.SpreadHorizon), 1<<16, "actor_critic.spread_horizon")
	check.atLeast(1, a.Refill, "actor_critic.refill")
	check.atLeast(1, a.Kept, "actor_critic.kept")
	check.positive(a.LearningRate, "actor_critic.learning_rate")
	check.positive(a.Slow, "actor_critic.slow")
	check.within(0, a.Slow, 1, "actor_critic.slow")
	check.within(1, a.Clip, 1e6, "actor_critic.clip") // below 1 every gradient would lower the norm that bounds the next one
	check.positive(a.Alpha, "actor_critic.alpha")
	check.within(-100, a.Entropy, 100, "actor_critic.target_entropy")
	check.within(0, a.RangeRate, 1, "actor_critic.range_rate")
	check.oneOf(a.Collect, "actor_critic.collect", collectAverage, collectLatest)
}

// validateDiscount refuses a discount that bounds no return. Critics see no end of an episode but a termination.
func (a ActorCriticConfig) validateDiscount(check *checker, c Config) {
	check.must(c.Policy.Player != PlayerActorCritic || c.NPG.Gamma < 1, "npg.gamma", "is %g, must be below 1 for %s", c.NPG.Gamma, PlayerActorCritic)
}

// updates are those of an iteration, the first or another: of the critics alone, then of both.
func (c Config) updates(first bool) (critics, both int) {
	a := c.ActorCritic
	if first {
		return a.CriticFirst, max(1, int(a.Ratio*a.First*float64(c.SamplesPerIteration)))
	}
	return a.CriticUpdates, max(1, int(a.Ratio*float64(c.SamplesPerIteration)))
}
