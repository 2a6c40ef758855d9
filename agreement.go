package palmal

import (
	"cmp"
	"errors"
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// agreement counts how often Step says something else of a transition than the kinds of Spec and the functions that score
// model paths: where they differ, a policy learns what the world does not do or reward.
type agreement struct {
	steps, rewards, ends int
	ended                int   // steps that terminated, by either
	example              error // the first step in which they differed
	unlike               int   // entries that were not what their kinds say
	entry                error // the first of them
	refused              error // what makes the environment one that cannot be learned
}

// Limits of disagreement. Observations are float32, so that a step at a threshold may go either way; more than
// one in a hundred is another function.
const (
	fewest    = 5    // disagreements that may be chance
	tolerance = 1e-3 // bound on the difference of rewards, far beyond what rounding of observations does
	share     = 0.01
)

// compare asks the environment's functions about a step, and fills terms with their rewards where there are any.
func (w *world) compare(e *played, terms []float64, obs, action, next []float32, reward float64, terminated bool) {
	wide := func(x []float32) []float64 { return nn.Widen(make([]float64, len(x)), x) }
	e.steps++
	w.task.task.Unlike(obs, action, next, func(entry int, is string) {
		e.unlike++
		e.entry = cmp.Or(e.entry, fmt.Errorf("step %d: entry %s %s", e.Samples, w.spec.Observation[entry].Name, is))
	})
	if w.task.rewards != nil {
		w.task.rewards(terms, wide(obs), wide(action), wide(next))
		sum := 0.0
		for _, r := range terms {
			sum += r
		}
		if !(math.Abs(sum-reward) <= tolerance*(1+math.Abs(reward))) {
			e.rewards++
			e.note("step %d: Step returned reward %g, Rewards gives %g", e.Samples, reward, sum)
		}
	}
	if w.spec.LearnEnd && w.task.ended == nil {
		return
	}
	if terminated && w.task.ended == nil {
		e.refused = errors.New("Step returned terminated, but the environment has no method Terminated(next), by which model paths end too: " +
			"write it, set Spec.LearnEnd, or return truncated if the state has a value")
		return
	}
	said := w.task.ended != nil && w.task.ended(wide(next))
	if said || terminated {
		e.ended++
	}
	if said != terminated {
		e.ends++
		e.note("step %d: Step returned terminated %v, Terminated says %v", e.Samples, terminated, said)
	}
}

func (a *agreement) note(format string, args ...any) {
	if a.example == nil {
		a.example = fmt.Errorf(format, args...)
	}
}

// add adds the counts of an episode, and refuses an environment that disagrees with itself.
func (a *agreement) add(b agreement) error {
	if b.refused != nil {
		return b.refused
	}
	if a.example == nil {
		a.example = b.example
	}
	a.steps, a.rewards, a.ends, a.ended = a.steps+b.steps, a.rewards+b.rewards, a.ends+b.ends, a.ended+b.ended
	a.unlike, a.entry = a.unlike+b.unlike, cmp.Or(a.entry, b.entry)
	if a.unlike > fewest && float64(a.unlike) > share*float64(a.steps) {
		return fmt.Errorf("the observation is not what Spec says, %d times in %d steps: %w", a.unlike, a.steps, a.entry)
	}
	if a.rewards > fewest && float64(a.rewards) > share*float64(a.steps) {
		return fmt.Errorf("the environment disagrees with itself in %d of %d steps: %w", a.rewards, a.steps, a.example)
	}
	if a.ends > fewest && float64(a.ends) > share*float64(a.ended) {
		return fmt.Errorf("the environment disagrees with itself in %d of %d ends: %w", a.ends, a.ended, a.example)
	}
	return nil
}
