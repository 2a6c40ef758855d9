package visible

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/physics/task"
)

// Report says how much of what happens next the observation shows.
type Report struct {
	Fitted    int      `json:"fitted"`   // decisions
	HeldOut   int      `json:"held_out"` // decisions, of other episodes
	Entries   []Share  `json:"observation"`
	Terms     []Share  `json:"reward"`
	Doubts    []string `json:"doubts"`   // what the observation hides
	Proposals []string `json:"proposed"` // what to look at
	Without   string   `json:"without"`  // why nothing was fitted; "" where something was
}

// Share is the share of the variance of a number that networks explain: of an entry's change, of a reward
// term. It is NaN, null in JSON, where nothing varies.
type Share struct {
	Name string      `json:"name"`
	Now  algo.Number `json:"now"`  // from the observation and the action
	Past algo.Number `json:"past"` // from the two decisions before them too
}

// Bounds of the verdict. With their velocities left out, the positions of the built-in tasks gain 0.4 and more by the
// past, or lose nearly all that is missing. An entry that is only hard to compute from the others gains too,
// since a smooth path is easily continued: the tip of reacher7dof 0.36 and, fitted to only 3,000
// decisions, the speed of ant 0.29; all else that was measured of the built-in tasks stays below 0.25.
const (
	gain   = 0.25 // share that the past adds, if the observation hides it
	nearly = 0.1  // of what is missing remains at most with the past, if the observation hides it
	enough = 0.95 // share of which that is not asked
	little = 0.5  // share below which a change is hard to predict
	taught = 0.9  // share below which a learned reward misleads: a tenth of what decides it is guessed
)

// hidden reports whether the observation hides what decides the number: the past tells it.
func (s Share) hidden() bool {
	now, past := float64(s.Now), float64(s.Past)
	return past-max(0, now) > gain || now < enough && 1-past < nearly*(1-now)
}

// Fit plays random episodes of a task and reports what its observation shows of the next one and of the reward.
func Fit(ctx context.Context, t *task.Task) (*Report, error) {
	d, err := play(ctx, t)
	var now, past []float64
	if err == nil {
		now, err = d.explained(false)
	}
	if err == nil && ctx.Err() == nil {
		past, err = d.explained(true)
	}
	switch {
	case errors.Is(err, errUnfit), errors.Is(err, nn.ErrDiverged):
		return &Report{Without: err.Error()}, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, err
	}
	r := &Report{Fitted: d.rows(), HeldOut: d.heldRows()}
	for i, e := range t.Observation {
		if e.Kind == task.Constant || e.Kind == task.LastAction { // not predicted in training either
			now[i], past[i] = math.NaN(), math.NaN()
		}
		r.Entries = append(r.Entries, Share{e.Name, algo.Number(now[i]), algo.Number(past[i])})
	}
	for i, term := range t.Terms {
		k := len(t.Observation) + i
		r.Terms = append(r.Terms, Share{term.Name, algo.Number(now[k]), algo.Number(past[k])})
	}
	r.judge(t)
	return r, nil
}

// judge says what is hidden and what is hard.
func (r *Report) judge(t *task.Task) {
	var hidden, terms, hard []string
	for _, s := range r.Entries {
		switch {
		case s.hidden():
			hidden = append(hidden, s.String())
		case float64(s.Now) < little:
			hard = append(hard, fmt.Sprintf("%s (%s)", s.Name, Percent(s.Now)))
		}
	}
	for _, s := range r.Terms {
		if s.hidden() {
			terms = append(terms, s.String())
		}
		if t.RewardFrom == task.Learned && float64(s.Now) < taught {
			r.Doubts = append(r.Doubts, fmt.Sprintf("the reward is learned, but cannot be seen in the observation: a network explains %s of its variance; %s, or write a formula",
				Percent(s.Now), advice(t)))
		}
	}
	if len(hidden) > 0 {
		r.Doubts = append(r.Doubts, fmt.Sprintf("the observation hides what changes %s: %s", strings.Join(hidden, ", "), advice(t)))
	}
	if len(terms) > 0 {
		r.Doubts = append(r.Doubts, fmt.Sprintf("the observation before the step hides what decides the reward's %s: %s", strings.Join(terms, ", "), advice(t)))
	}
	if len(hard) > 0 {
		r.Proposals = append(r.Proposals, fmt.Sprintf("little is seen of what changes %s, hardly more with the past: contacts or noise, or nothing observed shows the cause",
			strings.Join(hard, ", ")))
	}
}

// String is the name with both shares.
func (s Share) String() string {
	return fmt.Sprintf("%s (%s seen, %s with the past)", s.Name, Percent(s.Now), Percent(s.Past))
}

// Percent writes a share; "-" where nothing varies. One below 0 is worse than the mean change, which nothing needs to be.
func Percent(share algo.Number) string {
	if math.IsNaN(float64(share)) {
		return "-"
	}
	return fmt.Sprintf("%.0f %%", 100*max(0, float64(share)))
}

// advice says what to add to a task whose observation hides something.
func advice(t *task.Task) string {
	if t.Environment != nil {
		return "append to the observation what the environment's info tells (append: [info.KEY]), or let the environment observe more"
	}
	say := "observe velocities (from: qvel JOINT) and whatever else moves"
	late := func(e task.Entry) bool { return e.Delay > 0 }
	if t.Drive.Delay > 0 || t.Drive.Rate > 0 || slices.ContainsFunc(t.Observation, late) {
		say += "; delays and limits of rate hide the past: observe the last action too (from: action, kind: last-action)"
	}
	return say + ". Ignore it for what other entries give by a hard formula, as a hand's place follows from many joints"
}
