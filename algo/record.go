package algo

import (
	"encoding/json"
	"math"
)

// Record describes one iteration: one line of metrics.jsonl. All that depends on the clock is in Timing,
// so that two runs can be compared without it.
type Record struct {
	Iteration int `json:"iteration"` // number of the iteration, from 1
	Samples   int `json:"samples"`   // environment steps so far, this iteration's included
	Episodes  int `json:"episodes"`  // whole episodes so far
	Dropped   int `json:"dropped"`   // episodes so far whose simulation broke down, evaluations included
	// Fallen is the fraction of this iteration's episodes that a fall ended; nil where falls end nothing.
	Fallen *Number `json:"fallen,omitempty"`

	Missed int `json:"missed,omitempty"` // actions of this iteration that did not reach the robot in time

	Perturbation *Perturbation `json:"perturbation,omitempty"` // change of the world, in the first iteration after it

	Sampled    Evaluation  `json:"sampled"`              // the policy as it acted in the world in this iteration
	Evaluation *Evaluation `json:"evaluation,omitempty"` // its mean action, in iterations that evaluate

	Model  ModelRecord  `json:"model"`
	Policy PolicyRecord `json:"policy"`
	Clone  *CloneRecord `json:"clone,omitempty"` // how well the policy repeats recorded actions, in the first iteration after policy.clone
	Value  ValueRecord  `json:"value"`

	Critic *CriticRecord `json:"critic,omitempty"` // where policy.player is actor-critic

	RewardTerms map[string]Number `json:"reward_terms"`            // mean of each term per decision in the world
	Promise     *PromiseRecord    `json:"promise,omitempty"`       // where the task names limits: what was foreseen of the policy before it acted, and what happened
	Broken      map[string]int    `json:"broken_limits,omitempty"` // where the task names limits: episodes so far that broke each
	Timing      Timing            `json:"timing"`
}

// PromiseRecord holds side by side what the ensemble foresaw of the policy before it acted in the world, from
// the recorded initial states and over the decisions of a model path, and what happened.
type PromiseRecord struct {
	Step        Number                 `json:"step"`         // share of the policy's step that was taken: 1 or a halving of it
	Risk        Number                 `json:"risk"`         // largest probability of breaking a limit that a member foresaw, plus the limit's calibration, within 0 and 1
	Return      Number                 `json:"return"`       // mean over members
	WorstReturn Number                 `json:"worst_return"` // worst member's mean
	Got         Number                 `json:"got_return"`   // the world's
	Episodes    int                    `json:"episodes"`     // number in the world
	Limits      map[string]LimitRecord `json:"limits"`       // keyed by name
}

// LimitRecord holds for one limit the probability that an episode breaks it.
type LimitRecord struct {
	Mean        Number `json:"mean"`        // mean over members
	Worst       Number `json:"worst"`       // member with the largest
	Got         Number `json:"got"`         // fraction of the world's episodes that did
	Calibration Number `json:"calibration"` // share of episodes by which it was broken more often than promised lately, negative for less often; 0 where promises were kept
	Price       Number `json:"price"`       // what a decision of a model path that breaks it pays in policy steps, in units of the return; 0 where nothing is charged
}

// Evaluation summarises episodes.
type Evaluation struct {
	Samples  int    `json:"samples"`  // environment steps that produced the policy
	Episodes int    `json:"episodes"` // episodes that were evaluated
	Return   Number `json:"return"`   // mean undiscounted return of a whole episode
	CILow    Number `json:"ci_low"`   // 95 % confidence interval of the mean (Student's t)
	CIHigh   Number `json:"ci_high"`  // null with fewer than two episodes
	Std      Number `json:"std"`      // standard deviation of returns over episodes
	Min      Number `json:"min"`      // lowest return
	Max      Number `json:"max"`      // highest return
	Length   Number `json:"length"`   // mean episode length, environment steps
	Success  Number `json:"success"`  // fraction of successful episodes; null if the task has none

	Measures map[string]Measure `json:"measures,omitempty"` // measures of the task, by name, in its units
}

// Measure is a measure of the task at the ends of decisions: means over episodes.
type Measure struct {
	Mean       Number `json:"mean"`        // average of the episodes' means
	SecondHalf Number `json:"second_half"` // average of the episodes' means over the second half of their decisions
	Final      Number `json:"final"`       // average of the episodes' last values
}

// ModelRecord is the model player's side.
type ModelRecord struct {
	Rows      int         `json:"rows"`           // transitions fitted to, with images
	Steps     int         `json:"steps"`          // gradient steps
	LossFirst Number      `json:"loss_first"`     // training loss over the first epoch, mean over members
	LossLast  Number      `json:"loss_last"`      // training loss over the last epoch
	Data      *DataRecord `json:"data,omitempty"` // recorded data, where there are any

	Held        *HeldRecord  `json:"held,omitempty"`        // rows held out, where there are any
	Calibration *Calibration `json:"calibration,omitempty"` // gaussian members on the data of loss_fresh

	LossFresh Number `json:"loss_fresh"`       // loss before this fit, on data collected since the previous fit: generalisation
	Predicted Number `json:"predicted_return"` // mean return of this iteration's policy in the model, first Horizon decisions, from initial states
	Realised  Number `json:"realised_return"`  // the same policy in the world, the same decisions
	// OverPromised says whether the first exceeds the second by a factor of 1.5.
	OverPromised bool `json:"over_promised,omitempty"`
}

// HeldRecord describes the rows that a fit held out.
type HeldRecord struct {
	Rows int    `json:"rows"`
	Loss Number `json:"loss"` // mean over members at the state that was kept: squared error, of gaussian members negative log-likelihood without its constant, with the noise scaled to these rows
	Kept Number `json:"kept"` // mean over members of the gradient steps before that state
}

// PolicyRecord is the policy player's side: means over the policy steps of the iteration unless
// said otherwise.
type PolicyRecord struct {
	Steps       int      `json:"steps"`            // policy steps
	Paths       int      `json:"paths"`            // model paths used, last policy step
	PathSteps   int      `json:"path_steps"`       // model decisions, all policy steps together
	ModelReturn Number   `json:"model_return"`     // mean return of model paths, last policy step
	Terminated  Number   `json:"terminated"`       // fraction of them that ended by termination
	Fallen      *Number  `json:"fallen,omitempty"` // fraction that a fall ended; nil where falls end nothing
	Gain        Number   `json:"gain"`             // surrogate after the step less before it
	KL          Number   `json:"kl"`               // mean KL of a step
	Moved       *Number  `json:"moved,omitempty"`  // mean KL of the iteration's last policy to its first, which pathwise.kl bounds; nil with other players
	Entropy     Number   `json:"entropy"`          // entropy at the end, nats
	Std         []Number `json:"std"`              // σ [A] at the end
	CGResidual  Number   `json:"cg_residual"`      // ‖F x − g‖ / ‖g‖
	CGSteps     Number   `json:"cg_steps"`
	// Cut is the share of the decisions of policy steps' model paths that were cut off, and CutAt the disagreement of the members at which
	// they were; nil where nothing is cut.
	Cut   *Number `json:"cut,omitempty"`
	CutAt *Number `json:"cut_at,omitempty"`
	// Through is the share of the gradient through the model in the mix of pathwise.mix; nil where there is none.
	Through   *Number `json:"through,omitempty"`
	Cosine    Number  `json:"cosine"`    // cosine of two natural directions from disjoint halves of the starts, Fisher metric, first policy step
	Explained Number  `json:"explained"` // share of the squared advantages that the step explains, first policy step
}

// ValueRecord describes the fit of the value network: squared error over the variance of the returns.
type ValueRecord struct {
	Before Number `json:"error_before"`
	After  Number `json:"error_after"`
}

// Timing is wall-clock time, seconds.
type Timing struct {
	Stages           map[string]float64 `json:"stages"` // see the Stage constants
	Iteration        float64            `json:"iteration"`
	SamplesPerSecond float64            `json:"samples_per_second"`     // environment steps, while the world was sampled
	ModelPerSecond   float64            `json:"model_steps_per_second"` // decisions in the model, while it was rolled out

	Device *DeviceRecord `json:"device,omitempty"` // device that computed, where that is not the CPU
}

// DeviceRecord describes the device that computed and its peak memory.
type DeviceRecord struct {
	Name    string `json:"name"`
	UUID    string `json:"uuid"`
	Driver  string `json:"driver"`
	Toolkit string `json:"toolkit"`           // CUDA toolkit of the build
	Peak    int64  `json:"peak_memory_bytes"` // most memory that this process has held so far
}

// Stage names a part of an iteration, for timing and live status.
type Stage string

// The stages.
const (
	StageFit       Stage = "fit"
	StageRollout   Stage = "rollout" // rollout and scoring
	StageAdvantage Stage = "advantage"
	StageGradient  Stage = "gradient"
	StageCG        Stage = "cg"
	StageStep      Stage = "step" // new parameters, surrogate and KL
	StageValue     Stage = "value"
	StageWorld     Stage = "world"
	StageEvaluate  Stage = "evaluate"
	StageDiagnose  Stage = "diagnose"
	StagePromise   Stage = "promise" // the new policy foreseen, where the task names limits
)

// Number is a float64 that JSON can hold: NaN and infinities become null.
type Number float64

// MarshalJSON writes the shortest decimal that reads back the same, or null.
func (n Number) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(n)) || math.IsInf(float64(n), 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON reads null as NaN.
func (n *Number) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*n = Number(math.NaN())
		return nil
	}
	return json.Unmarshal(text, (*float64)(n))
}
