package algo

import "math"

// Config holds every hyper-parameter of a run. There are no hidden defaults: [Preset] fills a
// whole configuration and users change keys of it. Tags name the keys; the comment of each field
// gives the paper's symbol and, where it matters, what the reference implementation does instead. The
// tag from says where a key comes from, one of [Sources].
type Config struct {
	Algorithm Algorithm `yaml:"algo" from:"paper"`              // pal, mal, gda or br
	Seed      uint64    `yaml:"seed" from:"ours"`               // random seed of the whole run
	Samples   int       `yaml:"samples" from:"ours"`            // environment steps after which the run ends
	Repeat    int       `yaml:"action_repeat" from:"reference"` // environment steps per decision (reference, hopper: 2)

	InitialSamples      int  `yaml:"initial_samples" from:"paper"`       // N_init environment steps by π₀
	SamplesPerIteration int  `yaml:"samples_per_iteration" from:"paper"` // N environment steps, in whole episodes
	Buffer              int  `yaml:"buffer" from:"paper"`                // B environment steps kept; 0: all
	Fallen              bool `yaml:"fallen" from:"ours"`                 // a fall that the task names ends episodes of training, in world and model
	TrainingHorizon     int  `yaml:"training_horizon" from:"ours"`       // environment steps after which an episode of training ends and its success is judged; 0: those of the task
	// Relabel is not the paper's.
	Relabel float64 `yaml:"relabel" from:"ours"` // fraction of episodes relabelled with a goal that was missed recently

	// DataTolerance and OfflineIterations are for recorded data.
	DataTolerance     float64 `yaml:"data_tolerance" from:"ours"`     // recorded data join a limited buffer once the model's loss on them is at most this times its loss on fresh data
	OfflineIterations int     `yaml:"offline_iterations" from:"ours"` // iterations of a run that collects nothing: samples is 0, and recorded data are there

	Model  ModelConfig  `yaml:"model"`
	Policy PolicyConfig `yaml:"policy"`
	Value  ValueConfig  `yaml:"value"`
	NPG    NPGConfig    `yaml:"npg"`
	Plan   PlanConfig   `yaml:"plan"`

	Promise  PromiseConfig  `yaml:"promise"`
	Pathwise PathwiseConfig `yaml:"pathwise"`

	ActorCritic ActorCriticConfig `yaml:"actor_critic"`

	Evaluation  EvaluationConfig `yaml:"evaluation"`
	Diagnostics int              `yaml:"diagnostic_starts" from:"ours"`   // initial states to predict the return from, per member; 0: off
	Measure     bool             `yaml:"diagnostic_gradient" from:"ours"` // record how well the first policy step of an iteration is known; changes nothing else
}

// Sources lists where a key may come from: the paper; the reference implementation, where the paper is
// silent; ours, which neither has; ablation, there to see what a choice is worth.
func Sources() []string { return []string{"paper", "reference", "ours", "ablation"} }

// Algorithm names one way to play the game.
type Algorithm string

// The algorithms.
const (
	PAL Algorithm = "pal" // policy as leader, paper algorithm 3
	MAL Algorithm = "mal" // model as leader, paper algorithm 4
	GDA Algorithm = "gda" // gradient descent ascent, paper equations 6 and 7
	BR  Algorithm = "br"  // best response, paper equations 8 and 9
)

// Algorithms lists them in the order of the paper's interest.
func Algorithms() []Algorithm { return []Algorithm{PAL, MAL, GDA, BR} }

// ModelConfig is the model player (paper, tables 2 and 3).
type ModelConfig struct {
	Kind         string  `yaml:"kind" from:"ours"`              // members: deterministic, which predict a number (paper), or gaussian, which predict a mean and a noise
	Members      int     `yaml:"members" from:"paper"`          // ensemble size
	Hidden       []int   `yaml:"hidden" from:"paper"`           // hidden units per layer
	Epochs       int     `yaml:"epochs" from:"paper"`           // passes over the buffer per fit
	Batch        int     `yaml:"batch" from:"paper"`            // minibatch rows
	MinSteps     int     `yaml:"min_steps" from:"paper"`        // gradient steps per fit, at least (paper: 10²)
	MaxSteps     int     `yaml:"max_steps" from:"paper"`        // gradient steps per fit, at most (paper: 10⁵)
	LearningRate float64 `yaml:"learning_rate" from:"paper"`    // Adam learning rate
	Anneal       float64 `yaml:"anneal" from:"ours"`            // last fraction of a fit, over which the learning rate falls linearly to 0
	WeightDecay  float64 `yaml:"weight_decay" from:"ours"`      // L2
	LayerDecay   float64 `yaml:"layer_decay" from:"ours"`       // decoupled weight decay (AdamW) of the first layer; the second has twice as much, and so on
	WarmUp       int     `yaml:"warm_up" from:"ours"`           // first gradient steps of a fit, over which the learning rate rises linearly
	AnnealFloor  float64 `yaml:"anneal_floor" from:"ours"`      // share of the learning rate to which anneal lets it fall
	FirstFit     int     `yaml:"first_fit" from:"ours"`         // times as many gradient steps in the first fit
	Restart      bool    `yaml:"restart" from:"ours"`           // every fit starts with a new optimiser
	HoldOut      float64 `yaml:"hold_out" from:"ours"`          // fraction of the rows that are not trained on; each member keeps the state of the fit that was best on them
	WeighRows    bool    `yaml:"weigh_rows" from:"ours"`        // every row has another weight in every member, drawn exponentially
	Activation   string  `yaml:"activation" from:"ours"`        // hidden units of gaussian members: silu or relu
	LayerNorm    bool    `yaml:"layer_norm" from:"ours"`        // normalise the hidden units of gaussian members over each layer
	Dropout      float64 `yaml:"dropout" from:"ours"`           // share of the first hidden layer's units that gaussian members leave out while they are fitted; it falls to 0 at the outputs
	StateNoise   bool    `yaml:"state_noise" from:"ours"`       // the noise of gaussian members depends on state and action
	Beta         float64 `yaml:"beta" from:"ours"`              // weight of an output in the likelihood: its noise to the power of twice this
	Precision    string  `yaml:"precision" from:"ours"`         // products of the members, fitted or used: fp32; bf16, of numbers of 8 bits; bf16x3, of numbers of 16 bits
	Scaling      string  `yaml:"scaling" from:"reference"`      // scale of inputs and outputs: std, or mad (reference)
	Shift        bool    `yaml:"shift" from:"reference"`        // predict around the mean difference (reference: yes, paper's formula: no)
	Loss         string  `yaml:"loss" from:"reference"`         // normalised (reference), or raw (paper's formula)
	LearnReward  bool    `yaml:"learn_reward" from:"ours"`      // predict the reward instead of computing it
	LearnEnd     bool    `yaml:"learn_termination" from:"ours"` // predict what ends an episode; a formula that the task has for it ends model paths, too
	Noise        float64 `yaml:"noise" from:"ours"`             // Gaussian noise in model paths, in units of the one-step residual on fresh data or, of gaussian members, of the noise that they predict; 0: none
	Mask         bool    `yaml:"mask" from:"ours"`              // hide goals and last actions, which the world does not depend on, from the model
	Symmetries   bool    `yaml:"symmetries" from:"ours"`        // fit the images of all rows, too, under the symmetries that the task names
	RawAngles    bool    `yaml:"raw_angles" from:"ablation"`    // treat angles and unit vectors as plain numbers
}

// PolicyConfig is the policy network.
type PolicyConfig struct {
	Player        string  `yaml:"player" from:"paper"`           // npg, the paper's natural policy gradient; plan: planning at every decision; pathwise: natural gradient by derivatives of model paths; actor-critic: derivatives of model paths and of critics
	Hidden        []int   `yaml:"hidden" from:"paper"`           // tanh units per layer
	InitialLogStd float64 `yaml:"initial_log_std" from:"paper"`  // log σ at the start (paper: −1)
	RelativeStd   bool    `yaml:"relative_std" from:"ours"`      // measure σ and its bounds in halves of the action box instead of the task's units
	MinLogStd     float64 `yaml:"min_log_std" from:"reference"`  // floor (reference: −2.5 for hopper, else −3)
	MaxLogStd     float64 `yaml:"max_log_std" from:"reference"`  // ceiling (reference: 1)
	Clone         int     `yaml:"clone" from:"ours"`             // steps that fit the mean action to recorded actions before the policy acts for the first time (behaviour cloning); 0: none
	OutputScale   float64 `yaml:"output_scale" from:"reference"` // scale of the last layer's initial parameters (reference: 0.01)
	Symmetry      string  `yaml:"symmetry" from:"ours"`          // symmetry of the task that the policy keeps: its action in the image of a state is the image of its action; empty: none
	Average       float64 `yaml:"average" from:"ours"`           // weight of the past in the averaged policy, per policy step, which evaluations and reports use; 0: the latest
	Normalise     bool    `yaml:"normalise" from:"ours"`         // scale observations by the initial data (reference: a fixed mask)
}

// ValueConfig is the value network and its fit.
type ValueConfig struct {
	Hidden       []int   `yaml:"hidden" from:"paper"`            // ReLU units per layer
	Epochs       int     `yaml:"epochs" from:"reference"`        // passes over the model paths per policy step
	MinSteps     int     `yaml:"min_steps" from:"ours"`          // Adam steps per fit, at least, in whole epochs; 0: no floor
	Batch        int     `yaml:"batch" from:"reference"`         // minibatch rows (reference: 128)
	LearningRate float64 `yaml:"learning_rate" from:"reference"` // Adam learning rate
	WeightDecay  float64 `yaml:"weight_decay" from:"reference"`  // L2 (reference: 1e-3)
	Bootstrap    bool    `yaml:"bootstrap" from:"ours"`          // continue cut paths by V in the returns (reference: no)
	Finite       bool    `yaml:"finite" from:"ours"`             // V is 0 at the time limit of an episode; else it looks beyond it
	Normalise    bool    `yaml:"normalise" from:"ours"`          // scale V's observations as the policy's, before they are clipped
	Clip         float64 `yaml:"clip" from:"reference"`          // V's observations are clipped to ± this and divided by it
	TimeScale    float64 `yaml:"time_scale" from:"reference"`    // V's time input is the decision in the episode divided by this
	RewardScale  float64 `yaml:"reward_scale" from:"ours"`       // V learns from rewards times this; advantages are whitened, so nothing else changes
}

// NPGConfig is the model-based natural policy gradient (paper, subroutine 1 and table 1).
type NPGConfig struct {
	Steps           int     `yaml:"steps" from:"paper"`               // K policy steps per iteration
	StepSize        float64 `yaml:"step_size" from:"paper"`           // δ, normalised
	Momentum        float64 `yaml:"momentum" from:"ours"`             // a step is the mean of the iteration's so far, in which each counts this many times as much as the next; 0: the newest alone
	StartsPerMember int     `yaml:"starts_per_member" from:"paper"`   // N_τ start states, each rolled out in every member
	BufferStarts    float64 `yaml:"buffer_starts" from:"paper"`       // fraction of starts from intermediate real states
	DataStarts      float64 `yaml:"data_starts" from:"ours"`          // fraction of starts from states of recorded data, where they have joined
	Horizon         int     `yaml:"horizon" from:"paper"`             // longest model path, in decisions
	Gamma           float64 `yaml:"gamma" from:"paper"`               // discount γ per decision
	GammaEarly      float64 `yaml:"gamma_early" from:"ours"`          // the same at the beginning, where a short view dares more
	Early           int     `yaml:"early" from:"ours"`                // environment steps after which γ holds; it grows in the second half of them; 0: at once
	Lambda          float64 `yaml:"lambda" from:"paper"`              // λ of generalised advantage estimation
	Entropy         float64 `yaml:"entropy" from:"paper"`             // coefficient of the policy's entropy in its objective
	Pessimism       float64 `yaml:"pessimism" from:"ours"`            // share of members left out of a policy step, those with the highest returns (1: only the worst counts, paper equation 20); negative: the lowest, which is optimism; 0: none
	Disagreement    float64 `yaml:"disagreement" from:"ours"`         // what an environment step of policy steps' model paths costs per unit of the members' disagreement, in units of the reward; negative: a bonus, which is optimism; 0: nothing
	Cut             float64 `yaml:"cut" from:"ours"`                  // model paths of policy steps end, with V, where the members disagree this many times as much as on most real states; 0: never
	CutQuantile     float64 `yaml:"cut_quantile" from:"ours"`         // share of real states that counts as most, for cut
	MinPathLength   int     `yaml:"min_path_length" from:"reference"` // shorter model paths are dropped (reference: 5)
	Clamp           float64 `yaml:"clamp" from:"reference"`           // bound on predicted observations in the task's units (reference: 100); 0: none
	ClampSpread     float64 `yaml:"clamp_spread" from:"ours"`         // bound on predicted observations in standard deviations from the data's mean; 0: none
	ClampRange      bool    `yaml:"clamp_range" from:"ours"`          // keep predicted observations within the ranges that the task states

	CGIterations   int     `yaml:"cg_iterations" from:"reference"`    // conjugate gradient iterations, at most (reference, hopper: 25)
	CGDamping      float64 `yaml:"cg_damping" from:"reference"`       // λ of F + λI (reference: 1e-4, hopper: 1e-3)
	CGTolerance    float64 `yaml:"cg_tolerance" from:"reference"`     // squared residual at which the conjugate gradient stops
	CGFromGradient bool    `yaml:"cg_from_gradient" from:"reference"` // start the conjugate gradient from the gradient (reference) instead of 0
	FisherStride   int     `yaml:"fisher_stride" from:"ours"`         // use every n-th step in the Fisher matrix
}

// discount is γ in an iteration that begins after a number of samples. In the second half of the early samples 1 − γ
// falls geometrically.
func (n NPGConfig) discount(samples int) float64 {
	if samples >= n.Early {
		return n.Gamma
	}
	share := max(0, 2*float64(samples)/float64(n.Early)-1)
	return 1 - math.Pow(1-n.GammaEarly, 1-share)*math.Pow(1-n.Gamma, share)
}

// PlanConfig is planning in the model at every decision, used where policy.player is plan. Source:
// Williams et al. 2017 (MPPI), Pinneri et al. 2020 (iCEM).
type PlanConfig struct {
	Around      string  `yaml:"around" from:"ours"`      // what plans start from: policy, the trained mean action, or zero
	Horizon     int     `yaml:"horizon" from:"ours"`     // decisions to plan ahead
	Candidates  int     `yaml:"candidates" from:"ours"`  // action sequences per round
	Rounds      int     `yaml:"rounds" from:"ours"`      // refinements of a plan per decision
	Elites      int     `yaml:"elites" from:"ours"`      // best candidates that the next plan is the mean of
	Temperature float64 `yaml:"temperature" from:"ours"` // softness of their weights, in units of the spread of their returns
	Noise       float64 `yaml:"noise" from:"ours"`       // first standard deviation of a plan, in halves of the action box
	Smoothness  float64 `yaml:"smoothness" from:"ours"`  // correlation of the noise of successive decisions
	Value       bool    `yaml:"value" from:"ours"`       // add V of the last state to a plan's return; plans about zero have no V
}

// Values of plan.around.
const (
	aroundPolicy = "policy"
	aroundZero   = "zero"
)

// PromiseConfig says how the ensemble foresees a policy before it acts. It is used where the task names limits.
type PromiseConfig struct {
	Starts int     `yaml:"starts" from:"ours"` // recorded initial states from which each member foresees a new policy before it acts, where the task names limits; 0: off
	Floor  float64 `yaml:"floor" from:"ours"`  // smallest share of a policy's step to which it is shortened while it raises the risk of breaking a limit; 1: never shorten
	// Price and PriceRate tell learning of the limits.
	Price     float64 `yaml:"price" from:"ours"`      // first and least price of a decision of a model path that breaks a limit, in standard deviations of the paths' returns for a path that breaks it as often as such paths do; 0: free
	PriceRate float64 `yaml:"price_rate" from:"ours"` // largest change of the logarithm of the price in the steps of an iteration: up while the foreseen risk exceeds the task's, down while it does not
}

// EvaluationConfig says how the policy is judged: mean action, fixed seeds, not counted as samples.
type EvaluationConfig struct {
	Every    int    `yaml:"every" from:"ours"`    // iterations between evaluations; 0: never
	Episodes int    `yaml:"episodes" from:"ours"` // episodes of one evaluation
	Seed     uint64 `yaml:"seed" from:"ours"`     // seed of the evaluations' initial states, the same in every run
	// StopAt ends the run once two successive evaluations reach this mean return; +Inf: never.
	StopAt float64 `yaml:"stop_at" from:"ours"`
}
