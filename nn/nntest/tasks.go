package nntest

import (
	"fmt"
	"math"
	"testing"

	"github.com/palmal-rl/palmal/nn"
	"gorgonia.org/tensor"
)

// taskBound is the error of a reward relative to the sizes of its terms: a dozen float32 roundings.
const taskBound = 1e-6

const taskReason = "the Go function in float64, a dozen roundings of float32, and what lies within the band"

// RunTasks compares the scoring of a backend with the Go functions of every given task: rewards, their
// terms and termination, on random states, on edge states and on both sides of every threshold that a
// search finds. Decisions and jumps may differ only within [Config.Band] of a threshold.
func RunTasks(t *testing.T, config Config, tasks []nn.Task) {
	t.Helper()
	for _, task := range tasks {
		name, _ := task.Identity()
		t.Run(name, func(t *testing.T) { runTask(t, config, task) })
	}
}

func runTask(t TB, config Config, task nn.Task) {
	t.Helper()
	if err := nn.CheckTask(task); err != nil {
		t.Fatalf("%v", err)
	}
	d := newDriver(t, config.New(t), config.Small)
	random := source(200)
	living := alive(t, random, task)
	var rows []transition
	rows = append(rows, randomTransitions(random, task, living, d.pick(300, 30))...)
	rows = append(rows, edgeTransitions(random, task, living)...)
	rows = append(rows, thresholds(random, task, living, d.pick(80, 40))...)
	scoreTransitions(d, task, rows, config)
	scorePaths(d, task, rows, config)
	scoreNonFinite(d, task, rows[0])
}

// allowed is the range of correct scores of one transition.
type allowed struct {
	low, high       float64 // bounds of the reward over the band
	size            float64 // sum of the terms' magnitudes
	ends, continues bool    // outcomes within the band
}

// over widens the range by the outcome of one more state.
func (a *allowed) over(task nn.Task, r transition, act []float64) {
	sum, size := 0.0, 0.0
	for _, term := range termsOf(task, r.obs, act, r.next) {
		sum += term
		size += math.Abs(term)
	}
	a.low, a.high, a.size = math.Min(a.low, sum), math.Max(a.high, sum), math.Max(a.size, size)
	if task.Terminated(r.next) {
		a.ends = true
	} else {
		a.continues = true
	}
}

// outcome evaluates the Go functions on a transition and on its neighbours within the band, where
// one entry of the observation, the action or the next observation moved.
func outcome(task nn.Task, r transition, band float64) allowed {
	act := clipAction(task, r.act)
	a := allowed{low: math.Inf(1), high: math.Inf(-1)}
	a.over(task, r, act)
	if band == 0 {
		return a
	}
	for _, numbers := range [][]float64{r.obs, act, r.next} {
		for j, x := range numbers {
			for _, sign := range []float64{-1, 1} {
				numbers[j] = x + sign*band*(1+math.Abs(x))
				a.over(task, r, act)
			}
			numbers[j] = x
		}
	}
	return a
}

// scoreTransitions uploads every transition as a path of one step and compares its score.
func scoreTransitions(d *driver, task nn.Task, rows []transition, config Config) {
	paths := d.upload(columnsOf(task, rows))
	report := d.score(paths, task, nn.ScoreOptions{RewardScale: 1})
	columns := d.download(paths)
	means, slack, ended := make([]float64, len(task.RewardTerms())), 0.0, 0
	for i, r := range rows {
		want := outcome(task, r, config.Band)
		for k, term := range termsOf(task, r.obs, clipAction(task, r.act), r.next) {
			means[k] += term / float64(len(rows))
		}
		slack += (want.high - want.low + taskBound*config.scale()*want.size) / float64(len(rows))
		if report.Terminated[i] {
			ended++
		}
		if report.Terminated[i] && !want.ends || !report.Terminated[i] && !want.continues {
			d.Errorf("transition %d: terminated %v, want %v (%s)\nnext %v", i, report.Terminated[i], want.ends, taskReason, r.next)
		}
		checkReward(d, fmt.Sprintf("transition %d: reward", i), float64(slot(columns.Rewards, i, 0)[0]), want, config)
	}
	near(d, "means of the terms", report.TermMeans, means, tolerance{relative: 1e-12, absolute: slack, reason: taskReason})
	d.Logf("%d transitions, %d of them terminal", len(rows), ended)
}

// checkReward compares a reward with the middle of the allowed range.
func checkReward(t TB, what string, got float64, want allowed, config Config) {
	t.Helper()
	middle, half := (want.low+want.high)/2, (want.high-want.low)/2
	tol := tolerance{absolute: half + taskBound*config.scale()*(want.size+math.Abs(middle)), reason: taskReason}
	near(t, what, []float64{got}, []float64{middle}, tol)
}

// columnsOf makes one path of one step of each transition.
func columnsOf(task nn.Task, rows []transition) *nn.PathColumns {
	columns := pathsOf{paths: len(rows), horizon: 1}.empty(taskShape(task))
	columns.Rewards, columns.Advantages, columns.Returns = nil, nil, nil
	for i, r := range rows {
		columns.Lengths[i] = 1
		copy(slot(columns.Observations, i, 0), narrow(r.obs))
		copy(slot(columns.Observations, i, 1), narrow(r.next))
		copy(slot(columns.Actions, i, 0), narrow(r.act))
		clear(slot(columns.Means, i, 0))
	}
	return columns
}

// scorePaths joins transitions to paths of several steps: each must end at its first terminal
// state, with the rewards of its steps.
func scorePaths(d *driver, task nn.Task, rows []transition, config Config) {
	const steps = 6
	columns := pathsOf{paths: len(rows) / steps, horizon: steps}.empty(taskShape(task))
	columns.Rewards, columns.Advantages, columns.Returns = nil, nil, nil
	for i := range columns.Lengths {
		columns.Lengths[i] = steps
		for t := range steps {
			r := rows[i+t*len(columns.Lengths)]
			copy(slot(columns.Observations, i, t), narrow(r.obs))
			copy(slot(columns.Observations, i, t+1), narrow(r.next))
			copy(slot(columns.Actions, i, t), narrow(r.act))
			clear(slot(columns.Means, i, t))
		}
	}
	paths := d.upload(columns)
	report := d.score(paths, task, nn.ScoreOptions{RewardScale: 1})
	scored := d.download(paths)
	for i, length := range report.Lengths {
		for t := range length {
			at := func(column *tensor.Dense, t int) []float64 { return widen(slot(column, i, t)) }
			r := transition{at(columns.Observations, t), at(columns.Actions, t), at(columns.Observations, t+1)}
			want, ends := outcome(task, r, config.Band), report.Terminated[i] && t == length-1
			if ends && !want.ends || !ends && !want.continues {
				d.Errorf("path %d, step %d of %d: ends %v, want %v", i, t, length, ends, want.ends)
			}
			checkReward(d, fmt.Sprintf("path %d, step %d: reward", i, t), at(scored.Rewards, t)[0], want, config)
		}
		if length < steps && !report.Terminated[i] {
			d.Errorf("path %d ends after %d of %d steps, not terminated", i, length, steps)
		}
	}
}

// taskShape has the sizes of a task.
func taskShape(task nn.Task) nn.PolicyShape {
	low, _ := task.ActionBox()
	return nn.PolicyShape{Observation: len(task.ObservationKinds()), Action: len(low)}
}

// scoreNonFinite checks that a state that is not finite ends its path or stops the run.
func scoreNonFinite(d *driver, task nn.Task, r transition) {
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		for j := range r.next {
			next := append([]float64(nil), r.next...)
			next[j] = bad
			if !task.Terminated(next) {
				d.Errorf("the Go function continues with %g in entry %d", bad, j)
			}
			columns := columnsOf(task, []transition{{r.obs, r.act, next}})
			paths, err := d.UploadPaths(columns)
			if err != nil {
				continue // refused at once
			}
			report, err := d.Score(paths, task, nn.ScoreOptions{RewardScale: 1})
			if err == nil && !report.Terminated[0] {
				d.Errorf("a path continues with %g in entry %d", bad, j)
			}
			d.need("Close", paths.Close())
		}
	}
}
