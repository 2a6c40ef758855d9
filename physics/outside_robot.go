package physics

import (
	"context"
	"fmt"
	"time"

	"github.com/palmal-rl/palmal/physics/episodes"
	"github.com/palmal-rl/palmal/physics/remote"
	"github.com/palmal-rl/palmal/physics/task"
)

// lockstep plays with a robot's process that is the clock.
type lockstep struct {
	stepper
	world *outside
}

// stepper is that process: a [remote.Robot].
type stepper interface {
	Play(ctx context.Context, number uint64, policy int, act func(t int, obs, action []float64), over func(obs []float64) bool) (remote.Played, error)
	Close() error
}

// mostRefused is how often in a row an episode may break the rules: a frame may be late now and then, but a robot that always breaks
// them has to be looked at.
const mostRefused = 3

// robotPause is the time before a robot that is stopped is asked again.
const robotPause = 250 * time.Millisecond

// budgetShare is the share of a step that an answer may take; the rest is for the way.
const budgetShare = 0.5

// robotTask is what the robot is told of a task.
func robotTask(t *task.Task) remote.RobotTask {
	r := remote.RobotTask{Task: t.Name, Rate: t.Drive.Rate, Step: t.Dt(), Horizon: t.Horizon, Budget: budgetShare * t.Dt()}
	for _, e := range t.Observation {
		r.Observation = append(r.Observation, e.Name)
	}
	for _, e := range t.Action {
		r.Action = append(r.Action, e.Name)
	}
	r.Low, r.High = t.ActionBox()
	return r
}

// play plays one episode. One that the robot aborted before its first step is begun again, and so is one that an inbox would refuse: what
// is kept can be put into one.
func (l *lockstep) play(ctx context.Context, number uint64, act stepActor) ([]episodes.Episode, func() error, error) {
	for refused, stopped := 0, false; ; {
		p, err := l.Play(ctx, number, l.world.wanted.Policy, act, l.over)
		if err != nil {
			return nil, nil, err
		}
		if len(p.Actions) == 0 {
			if !stopped {
				l.world.say(fmt.Sprintf("the robot ended episode %d before its first step: it is begun again and again", number))
			}
			if stopped = true; l.rest(ctx) != nil {
				return nil, nil, ctx.Err()
			}
			continue
		}
		e := l.recorded(p)
		if err = e.Check(); err == nil {
			err = checkOutside(l.world.task, e, l.world.falls)
		}
		if err == nil {
			return []episodes.Episode{e}, func() error { return nil }, nil
		}
		if refused++; refused == mostRefused {
			return nil, nil, fmt.Errorf("the robot's episode %d, refused %d times: %w", number, refused, err)
		}
		l.world.say(fmt.Sprintf("refused, to be played again: the robot's episode %d: %v", number, err))
		if err := l.world.ready(ctx); err != nil {
			return nil, nil, err
		}
	}
}

// rest waits before a robot is asked again, and until no pause is on.
func (l *lockstep) rest(ctx context.Context) error {
	select {
	case <-ctx.Done():
	case <-time.After(robotPause):
	}
	return l.world.ready(ctx)
}

// over reports whether an episode ends in an observation, rounded as it is recorded.
func (l *lockstep) over(obs []float64) bool { return l.world.ends(appendNarrow(nil, obs)) }

// recorded is an episode as it is stored.
func (l *lockstep) recorded(p remote.Played) episodes.Episode {
	e := episodes.Episode{Policy: l.world.wanted.Policy, Dt: l.world.task.Dt(), Times: p.Times,
		Size: episodes.Size{Observation: len(l.world.task.Observation), Action: len(l.world.task.Action)}}
	e.Observations, e.Actions = appendNarrow(nil, p.Observations), appendNarrow(nil, p.Actions)
	last := make([]float64, len(l.world.task.Observation))
	widenInto(last, e.Observations[len(e.Observations)-len(last):])
	e.Terminated = l.world.task.Terminated(last)
	e.Truncated = !e.Terminated
	if p.Missed > 0 || p.Late > 0 || l.world.wanted.Mean {
		e.Meta = map[string]any{missedKey: float64(p.Missed), "late": float64(p.Late), meanKey: l.world.wanted.Mean}
	}
	return e
}
