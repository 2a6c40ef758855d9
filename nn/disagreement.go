package nn

import (
	"errors"
	"fmt"
)

// Disagreeing is optional for a [Backend]: its rollouts measure how far the members of the ensemble disagree. The disagreement on a
// decision is the root of the mean variance of the members' outputs, without noise, over the predicted entries of the observation; each output is
// in units of the spread of its changes in the data, so that 1 is as much as the changes vary themselves. Every guarded backend has the
// method; that of one which does not measure it answers with an error that wraps [errors.ErrUnsupported].
type Disagreeing interface {
	// Disagreement is nil if the backend measures disagreement.
	Disagreement() error
}

// MachineDisagreeing is optional for a [Machine]: with it, the backend measures disagreement.
type MachineDisagreeing interface {
	MeasuresDisagreement()
}

// Disagreement is nil if the machine measures disagreement.
func (g *guard[M, V, P, R]) Disagreement() error {
	if _, ok := g.machine.(MachineDisagreeing); !ok {
		return fmt.Errorf("backend %s does not measure how far members disagree: %w", g.name, errors.ErrUnsupported)
	}
	return nil
}

// Wary reports whether a rollout measures disagreement.
func (o RolloutOptions) Wary() bool { return o.Cut > 0 || o.Disagreement }

// checkDisagreement refuses a price of disagreement that nothing has measured.
func (f PathFacts) checkDisagreement(options ScoreOptions) error {
	if options.Disagreement != 0 && !f.Disagreement {
		return errors.New("the rollout of these paths did not measure how far members disagree")
	}
	return nil
}

// priced refuses to differentiate a price of the members' disagreement on a machine that does not measure it.
func (g *guard[M, V, P, R]) priced(what string, o ScoreOptions) error {
	if o.Disagreement == 0 {
		return nil
	}
	if err := g.Disagreement(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
