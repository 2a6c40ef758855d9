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
	Doubts    []string `json:"doubts"`   // what the observation hides, and symmetries that are none
	Proposals []string `json:"proposed"` // what to look at
	Without   string   `json:"without"`  // why nothing was fitted; "" where something was
}

// Share is the share of the variance of a number that networks explain: of an entry's change, of a reward
// term. It is NaN, null in JSON, where nothing varies.
type Share struct {
	Name string      `json:"name"`
	Now  algo.Number `json:"now"`  // share seen from the observation and the action
	Past algo.Number `json:"past"` // share seen from the two decisions before them too

	cleared bool // few decisions were fitted, and a longer fit saw much more without the past: hard to compute, not hidden
}

// Bounds of the verdict. With their velocities left out, the positions of the built-in tasks gain 0.4 and more by the
// past, or lose nearly all that is missing. An entry that is only hard to compute from the others gains too, since a
// smooth path is easily continued: the tip of reacher7dof 0.36 and, fitted to 2,000 decisions, the speed of ant 0.35.
// What is in doubt is therefore fitted for three times as long, which leaves nothing of these: of the built-in tasks at
// the default size the largest gain is then 0.14. With few decisions it may leave some; but then it closes 0.29 and more
// of the gap of an entry that is only hard to compute, which says that there is more to learn.
const (
	gain   = 0.25 // share that the past adds, if the observation hides it
	nearly = 0.1  // most of what is missing that remains with the past, if the observation hides it
	enough = 0.95 // share of which that is not asked
	little = 0.5  // share below which a change is hard to predict
	taught = 0.9  // share below which a learned reward misleads: a tenth of what decides it is guessed
	closed = 0.25 // part of the gap that a longer fit closes, if there is more to learn
	few    = 5000 // fitted decisions below which that is asked
)

// hidden reports whether the observation hides what decides the number: the past tells it.
func (s Share) hidden() bool {
	now, past := float64(s.Now), float64(s.Past)
	return !s.cleared && (past-max(0, now) > gain || now < enough && 1-past < nearly*(1-now))
}

// again returns the share after a longer fit to this many decisions.
func (s Share) again(now, past float64, decisions int) Share {
	before := max(0, float64(s.Now))
	cleared := decisions < few && max(0, now)-before > closed*(float64(s.Past)-before)
	return Share{s.Name, algo.Number(now), algo.Number(past), cleared}
}

// Fit plays random episodes of a task and reports what its observation shows of the next one and of the reward.
func Fit(ctx context.Context, t *task.Task) (*Report, error) {
	d, err := play(ctx, t)
	if err == nil {
		var r *Report
		if r, err = d.report(ctx); err == nil {
			return r, nil
		}
	}
	switch {
	case errors.Is(err, errUnfit), errors.Is(err, nn.ErrDiverged):
		return &Report{Without: err.Error()}, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	return nil, err
}

// report fits and judges.
func (d *table) report(ctx context.Context) (*Report, error) {
	shares, first, err := d.fit(ctx)
	if err != nil {
		return nil, err
	}
	o := len(d.task.Observation)
	r := &Report{Fitted: d.rows(), HeldOut: d.heldRows(), Entries: shares[:o], Terms: shares[o:]}
	r.judge(d.task)
	return r, r.judgeSymmetries(ctx, d, first)
}

// fit returns the shares of the entries and of the reward's terms [O+R], of what is in doubt those of a longer fit; and
// what the first fit saw without the past.
func (d *table) fit(ctx context.Context) (shares []Share, first []float64, err error) {
	now, past, err := d.both(ctx, firstEpochs)
	if err != nil {
		return nil, nil, err
	}
	first = now
	doubtful := false
	for i := range now {
		s := Share{Name: d.name(i), Now: algo.Number(now[i]), Past: algo.Number(past[i])}
		if i < len(d.task.Observation) && (d.task.Observation[i].Kind == task.Constant || d.task.Observation[i].Kind == task.LastAction) {
			s.Now, s.Past = algo.Number(math.NaN()), algo.Number(math.NaN()) // not predicted in training either
		}
		shares, doubtful = append(shares, s), doubtful || s.hidden()
	}
	if !doubtful {
		return shares, first, nil
	}
	if now, past, err = d.both(ctx, secondEpochs); err != nil {
		return nil, nil, err
	}
	for i, s := range shares {
		if s.hidden() {
			shares[i] = s.again(now[i], past[i], d.rows())
		}
	}
	return shares, first, nil
}

// both fits without the past and with it.
func (d *table) both(ctx context.Context, epochs int) (now, past []float64, err error) {
	if now, err = d.explained(false, epochs); err == nil && ctx.Err() == nil {
		past, err = d.explained(true, epochs)
	}
	return now, past, errors.Join(err, ctx.Err())
}

// name of entry i of the observation, then of the reward's terms.
func (d *table) name(i int) string {
	if o := len(d.task.Observation); i >= o {
		return d.task.Terms[i-o].Name
	}
	return d.task.Observation[i].Name
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
	if len(t.Randomise) > 0 {
		say += "; what randomise draws is hidden unless it is observed (from: randomised NAME, kind: constant)"
	}
	return say + ". Ignore it for what other entries give by a hard formula, as a hand's place follows from many joints"
}
