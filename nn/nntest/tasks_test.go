package nntest

import (
	"math"
	"testing"

	"github.com/palmal-rl/palmal/nn"
	builtin "github.com/palmal-rl/palmal/physics/tasks"
)

// registered returns all registered tasks.
func registered(t *testing.T) []nn.Task {
	tasks := []nn.Task{bead{limit: 1.5}}
	for _, name := range builtin.Names() {
		one, err := builtin.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		tasks = append(tasks, one)
	}
	return tasks
}

func TestReferenceScoresEveryTask(t *testing.T) { RunTasks(t, referenceConfig(), registered(t)) }

// rounding is a task as a device sees it: it judges rounded states.
type rounding struct {
	nn.Task
	unit float64
}

func (r rounding) off(x []float64) []float64 {
	moved := make([]float64, len(x))
	for i := range x {
		moved[i] = x[i] + r.unit*math.Abs(x[i])
	}
	return moved
}

func (r rounding) Terminated(next []float64) bool { return r.Task.Terminated(r.off(next)) }

func (r rounding) Rewards(terms, obs, act, next []float64) {
	r.Task.Rewards(terms, r.off(obs), act, r.off(next))
}

// device scores by a rounded task.
type device struct {
	nn.Backend
	unit float64
}

func (d device) Score(paths nn.Paths, task nn.Task, options nn.ScoreOptions) (nn.ScoreReport, error) {
	return d.Backend.Score(paths, rounding{task, d.unit}, options)
}

// A device that rounds passes within its band. One whose arithmetic is worse than its band does
// not, and neither does one that claims to be exact: the thresholds are found.
func TestTasksAreJudgedAtTheirThresholds(t *testing.T) {
	for _, c := range []struct {
		unit, band float64
		passes     bool
	}{{0, 0, true}, {0x1p-24, 0x1p-20, true}, {1e-4, 0x1p-20, false}, {0x1p-23, 0, false}} {
		config := Config{Small: true, Band: c.band, New: func(TB) nn.Backend { return device{Reference(), c.unit} }}
		for _, task := range registered(t) {
			name, _ := task.Identity()
			r := record(func(t TB) { runTask(t, config, task) })
			if never := !terminates(task); !c.passes && never {
				continue // rounding may hide where nothing has a threshold
			}
			if r.failed == c.passes {
				t.Errorf("%s: unit %g and band %g: failed %v: %.300v", name, c.unit, c.band, r.failed, r.messages)
			}
		}
	}
}

func terminates(task nn.Task) bool {
	next := make([]float64, len(task.ObservationKinds()))
	for i := range next {
		next[i] = 1e6
	}
	return task.Terminated(next)
}
