package nn

import (
	"cmp"
	"errors"

	"gorgonia.org/tensor"
)

// Transitions are rows of real experience, the data of [Backend.Fit].
type Transitions struct {
	Observations *tensor.Dense // [n,O]
	Actions      *tensor.Dense // [n,A], clipped to the action box
	Next         *tensor.Dense // [n,O]
	Rewards      *tensor.Dense // [n], only for an ensemble that learns the reward; else nil
	Ended        *tensor.Dense // [n] 1 where the step terminated the episode, else 0; only for an ensemble that learns it
}

// Rows is n.
func (t Transitions) Rows() int { return t.Observations.Shape()[0] }

// Check refuses columns that do not fit each other or the ensemble.
func (t Transitions) Check(shape EnsembleShape) error {
	if t.Observations == nil || t.Observations.Dims() < 1 || t.Rows() < 1 {
		return errors.New("transitions: no rows of observations")
	}
	n := t.Rows()
	err := cmp.Or(checkNumbers("observations", t.Observations, n, shape.Observation),
		checkNumbers("actions", t.Actions, n, shape.Action), checkNumbers("next", t.Next, n, shape.Observation))
	if err == nil && shape.Reward {
		err = checkNumbers("rewards, which the ensemble learns,", t.Rewards, n)
	}
	if err == nil && shape.Termination {
		err = checkNumbers("ended, which the ensemble learns,", t.Ended, n)
	}
	return during("transitions", err)
}

// Starts are the start states of model paths: the same in every member.
type Starts struct {
	Observations *tensor.Dense // [starts,O]
	Times        []float32     // [starts] time in the episode, in decisions; 0 for initial states
}

// Paths is a handle to the paths of one rollout. Path i belongs to member i/starts and start
// i%starts; there are N = E·starts of them. Where the rollout draws members, path i belongs to start i,
// and N = starts. They stay on the backend.
type Paths interface {
	Handle
	// Download copies the paths to the host. Columns that no step has computed yet are nil.
	Download() (*PathColumns, error)
}

// PathColumns are paths on the host. Entries beyond a path's length are undefined.
type PathColumns struct {
	Observations *tensor.Dense // [N,T+1,O]
	Actions      *tensor.Dense // [N,T,A] as sampled, before the clip to the action box
	Means        *tensor.Dense // [N,T,A] mean actions of the policy that acted
	LogStd       []float32     // [A] log σ of the policy that acted
	Times        []float32     // [N] time of the first state in its episode, in decisions
	Rewards      *tensor.Dense // [N,T]
	Advantages   *tensor.Dense // [N,T]
	Returns      *tensor.Dense // [N,T] targets of the value network
	Disagreement *tensor.Dense // [N,T] of the members, where the rollout kept it; it cannot be uploaded
	Lengths      []int         // [N] number of steps of each path
	Terminated   []bool        // [N] ended by the task, not by the horizon
}

// ScoreReport holds the results of scoring, for each path and for all paths.
type ScoreReport struct {
	Returns    []float64 // [N] undiscounted sum of rewards
	Lengths    []int     // [N] number of steps; 0 for a path that was dropped as too short
	Terminated []bool    // [N] ended by the task
	TermMeans  []float64 // [R] mean of each reward term over all steps, scaled like the rewards; nil for a learned reward
	Steps      int       // sum of the lengths
}
