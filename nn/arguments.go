package nn

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"gorgonia.org/tensor"
)

// CheckPredict refuses arguments that [Backend.Predict] cannot use with an ensemble of this shape.
func (s EnsembleShape) CheckPredict(task Task, observations, actions *tensor.Dense) error {
	if err := s.checkTask(task); err != nil {
		return during("predict", err)
	}
	if observations == nil || observations.Dims() != 2 && observations.Dims() != 3 || observations.Shape().TotalSize() == 0 {
		return fmt.Errorf("predict: observations must have rows of %d", s.Observation)
	}
	rows := observations.Shape()[:observations.Dims()-1]
	if len(rows) == 2 && rows[0] != s.Members {
		return fmt.Errorf("predict: observations for %d members, the ensemble has %d", rows[0], s.Members)
	}
	wide := func(width int) []int { return append(slices.Clone(rows), width) }
	return during("predict", cmp.Or(checkNumbers("observations", observations, wide(s.Observation)...),
		checkNumbers("actions", actions, wide(s.Action)...)))
}

// PredictRows returns the number of rows that every member steps in [Backend.Predict], and reports whether
// every member has its own rows. The arguments must have passed [EnsembleShape.CheckPredict].
func (s EnsembleShape) PredictRows(observations *tensor.Dense) (rows int, own bool) {
	shape := observations.Shape()
	return shape[len(shape)-2], len(shape) == 3
}

// CheckRollout refuses arguments that [Backend.Rollout] cannot use with an ensemble of this shape.
func (s EnsembleShape) CheckRollout(policy PolicyShape, task Task, starts Starts, options RolloutOptions) error {
	if err := options.Check(); err != nil {
		return err
	}
	return during("rollout", cmp.Or(s.checkTask(task), s.checkPolicy(policy), s.checkStarts(starts), s.checkNoise(options), s.checkRanges(options)))
}

// checkRanges refuses bounds that no entry can keep.
func (s EnsembleShape) checkRanges(options RolloutOptions) error {
	if options.Low == nil && options.High == nil {
		return nil
	}
	if len(options.Low) != s.Observation || len(options.High) != s.Observation {
		return fmt.Errorf("bounds of %d and %d entries, an observation has %d", len(options.Low), len(options.High), s.Observation)
	}
	for i, low := range options.Low {
		if !(low < options.High[i]) {
			return fmt.Errorf("bounds [%g, %g] of entry %d: must be in order", low, options.High[i], i)
		}
	}
	return nil
}

func (s EnsembleShape) checkNoise(options RolloutOptions) error {
	noise := options.Noise
	if options.OwnNoise != 0 && s.Gaussian == nil {
		return errors.New("the members have no noise of their own: they are not gaussian")
	}
	if noise != nil && len(noise) != s.Observation {
		return fmt.Errorf("noise of %d entries, an observation has %d", len(noise), s.Observation)
	}
	for i, sigma := range noise {
		if !(sigma >= 0) || math.IsInf(float64(sigma), 0) {
			return fmt.Errorf("noise of entry %d is %g, must be finite and not negative", i, sigma)
		}
	}
	return nil
}

// checkTask refuses a task for which the ensemble was not made.
func (s EnsembleShape) checkTask(task Task) error {
	if err := CheckTask(task); err != nil {
		return err
	}
	name, _ := task.Identity()
	low, _ := task.ActionBox()
	if kinds := task.ObservationKinds(); !slices.Equal(kinds, s.Kinds) || len(low) != s.Action {
		return fmt.Errorf("task %s has %d actions and observation kinds %v; the ensemble has %d and %v",
			name, len(low), kinds, s.Action, s.Kinds)
	}
	return nil
}

func (s EnsembleShape) checkPolicy(policy PolicyShape) error {
	if policy.Observation != s.Observation || policy.Action != s.Action {
		return fmt.Errorf("policy of %d observations and %d actions in a model of %d and %d",
			policy.Observation, policy.Action, s.Observation, s.Action)
	}
	return nil
}

func (s EnsembleShape) checkStarts(starts Starts) error {
	count := len(starts.Times)
	if count < 1 {
		return errors.New("no start")
	}
	return checkNumbers("starts", starts.Observations, count, s.Observation)
}

// checkNumbers refuses a tensor that is missing, is not float32 of the given shape, or does not lie on the host.
func checkNumbers(what string, t *tensor.Dense, shape ...int) error {
	if t == nil {
		return fmt.Errorf("%s are missing", what)
	}
	if t.Dtype() != tensor.Float32 || !t.Shape().Eq(tensor.Shape(shape)) {
		return fmt.Errorf("%s are %v %v, want float32 %v", what, t.Dtype(), t.Shape(), shape)
	}
	if !t.IsNativelyAccessible() {
		return fmt.Errorf("%s lie on a device, want them on the host", what)
	}
	return nil
}

// during names the operation in an error, if there is one.
func during(operation string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", operation, err)
}
