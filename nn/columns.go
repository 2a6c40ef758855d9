package nn

import (
	"cmp"
	"errors"
	"fmt"

	"gorgonia.org/tensor"
)

// PathShape holds the sizes of paths: N, T, O and A.
type PathShape struct{ Paths, Steps, Observation, Action int }

// Check refuses columns that do not fit each other, which [Backend.UploadPaths] cannot use, and returns
// their sizes.
func (c *PathColumns) Check() (PathShape, error) {
	if c == nil || c.Observations == nil || c.Observations.Dims() != 3 {
		return PathShape{}, errors.New("upload paths: observations must be [paths, steps+1, entries]")
	}
	states := c.Observations.Shape()
	s := PathShape{Paths: states[0], Steps: states[1] - 1, Observation: states[2], Action: len(c.LogStd)}
	if s.Paths < 1 || s.Steps < 1 || s.Observation < 1 || s.Action < 1 {
		return s, fmt.Errorf("upload paths: %d paths of %d steps with %d observations and %d actions: must be positive",
			s.Paths, s.Steps, s.Observation, s.Action)
	}
	return s, during("upload paths", cmp.Or(c.checkPaths(s), c.checkNumbers(s)))
}

// checkPaths checks the columns with one entry for each path.
func (c *PathColumns) checkPaths(s PathShape) error {
	if len(c.Times) != s.Paths || len(c.Lengths) != s.Paths || len(c.Terminated) != s.Paths {
		return fmt.Errorf("%d times, %d lengths, %d terminated for %d paths",
			len(c.Times), len(c.Lengths), len(c.Terminated), s.Paths)
	}
	for i, length := range c.Lengths {
		if length < 0 || length > s.Steps {
			return fmt.Errorf("path %d: length %d is not in 0..%d", i, length, s.Steps)
		}
	}
	return nil
}

// checkNumbers checks the tensors.
func (c *PathColumns) checkNumbers(s PathShape) error {
	err := cmp.Or(checkNumbers("observations", c.Observations, s.Paths, s.Steps+1, s.Observation),
		checkNumbers("actions", c.Actions, s.Paths, s.Steps, s.Action),
		checkNumbers("means", c.Means, s.Paths, s.Steps, s.Action))
	if err != nil {
		return err
	}
	optional := func(what string, column *tensor.Dense) error {
		if column == nil {
			return nil
		}
		return checkNumbers(what, column, s.Paths, s.Steps)
	}
	return cmp.Or(optional("rewards", c.Rewards), optional("advantages", c.Advantages), optional("returns", c.Returns))
}
