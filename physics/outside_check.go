package physics

import (
	"fmt"

	"github.com/palmal-rl/palmal/physics/episodes"
	"github.com/palmal-rl/palmal/physics/task"
)

// tolerance is the share of a bound's width by which a recorded number may be beyond it: float32 rounds.
const tolerance = 1e-5

// gapShare is the largest share of a step by which the time between two observations may differ from it.
const gapShare = 0.5

// checkOutside refuses a recorded episode that does not fit the task, and says why. falls says whether episodes end
// at falls, too.
func checkOutside(t *task.Task, e episodes.Episode, falls bool) error {
	if want := (episodes.Size{Observation: len(t.Observation), Action: len(t.Action)}); e.Size != want {
		return fmt.Errorf("%v, the task %s has %v", e.Size, t.Name, want)
	}
	if n := e.Decisions(); n > t.Horizon {
		return fmt.Errorf("%d decisions, the task cuts an episode after %d", n, t.Horizon)
	}
	for _, check := range []func(*task.Task, episodes.Episode) error{checkRanges, checkRate, checkTimes} {
		if err := check(t, e); err != nil {
			return err
		}
	}
	return checkEnd(t, e, falls)
}

// slackOf is by how much a recorded number of an entry may be beyond a bound.
func slackOf(entry task.Entry) float64 {
	slack := tolerance * max(1, entry.High-entry.Low)
	if slack-slack != 0 { // one side is open
		return tolerance
	}
	return slack
}

// checkRanges compares with the ranges of the task's tables.
func checkRanges(t *task.Task, e episodes.Episode) error {
	for _, list := range []struct {
		what    string
		entries []task.Entry
		numbers []float32
	}{{"observation", t.Observation, e.Observations}, {"action", t.Action, e.Actions}} {
		for i, x := range list.numbers {
			entry := list.entries[i%len(list.entries)]
			slack := slackOf(entry)
			if v := float64(x); !(v >= entry.Low-slack && v <= entry.High+slack) {
				return fmt.Errorf("%s %s is %g in row %d, outside [%g, %g]", list.what, entry.Name, x, i/len(list.entries), entry.Low, entry.High)
			}
		}
	}
	return nil
}

// checkRate compares changes of actions with the task's limit; the first counts from 0.
func checkRate(t *task.Task, e episodes.Episode) error {
	rate, a := t.Drive.Rate, len(t.Action)
	if rate <= 0 {
		return nil
	}
	for i, x := range e.Actions {
		before := float32(0)
		if i >= a {
			before = e.Actions[i-a]
		}
		entry := t.Action[i%a]
		if d, slack := float64(x)-float64(before), slackOf(entry); !(d >= -rate-slack && d <= rate+slack) {
			return fmt.Errorf("action %s changes by %g in row %d, the task allows %g per step", entry.Name, d, i/a, rate)
		}
	}
	return nil
}

// checkStart refuses a task in which no first action passes both checkRanges and checkRate.
func checkStart(t *task.Task) error {
	for _, e := range t.Action {
		if rate := t.Drive.Rate; rate > 0 && (e.Low > rate || e.High < -rate) {
			return fmt.Errorf("%s %w: action %s is within [%g, %g], which a first change of %g from 0 does not reach: want a larger rate of drive",
				t.Name, ErrOutside, e.Name, e.Low, e.High, rate)
		}
	}
	return nil
}

// checkTimes finds gaps: frames that were lost, or a clock that jumped.
func checkTimes(t *task.Task, e episodes.Episode) error {
	step := t.Dt()
	if step <= 0 {
		return nil
	}
	if e.Dt > 0 && !(e.Dt >= step*(1-gapShare) && e.Dt <= step*(1+gapShare)) {
		return fmt.Errorf("dt: %g s between two observations, the task has %g s", e.Dt, step)
	}
	for i := 1; i < len(e.Times); i++ {
		if gap := e.Times[i] - e.Times[i-1]; !(gap >= step*(1-gapShare) && gap <= step*(1+gapShare)) {
			return fmt.Errorf("times: %.3g s between rows %d and %d, a step is %g s", gap, i-1, i, step)
		}
	}
	return nil
}

// checkEnd holds what the file says of the episode's end against the task's termination.
func checkEnd(t *task.Task, e episodes.Episode, falls bool) error {
	next, n := make([]float64, len(t.Observation)), e.Decisions()
	for i := 1; i <= n; i++ {
		widenInto(next, e.Observations[i*len(next):])
		ended := t.Terminated(next)
		if i < n && (ended || falls && t.Fallen(next)) {
			return fmt.Errorf("continues after row %d, in which the task ends an episode (%s)", i, t.Termination)
		} else if i == n && e.Terminated && !ended {
			return fmt.Errorf("says that it terminated, but the task does not end an episode in its last row (%s)", t.Termination)
		} else if i == n && !e.Terminated && !e.Truncated && !ended && !(falls && t.Fallen(next)) && n < t.Horizon {
			return fmt.Errorf("ends after %d of %d decisions and says neither terminated nor truncated: is it whole?", n, t.Horizon)
		}
	}
	return nil
}
