package palmal

import (
	"fmt"
	"math"
	"reflect"
	"strings"

	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/physics/task"
)

// outline describes an environment as a task, or refuses it.
func outline(env Env) (*task.Task, error) {
	spec := env.Spec()
	o := task.Outline{Name: spec.Name, Title: spec.Name, Horizon: spec.Horizon, SolvedAt: spec.SolvedAt, Ends: "never",
		Simulator: task.OutlineWorld{Library: strings.TrimLeft(reflect.TypeOf(env).String(), "*"), Timestep: spec.Dt}}
	if spec.Dt == 0 {
		o.Simulator.Timestep = 1
	}
	for _, e := range spec.Observation {
		o.Observation = append(o.Observation, task.OutlineEntry{Name: e.Name, Unit: e.Unit, Kind: string(e.Kind)})
	}
	for _, a := range spec.Action {
		o.Action = append(o.Action, task.OutlineEntry{Name: a.Name, Unit: a.Unit, Range: []float64{a.Low, a.High}})
	}
	if r, ok := env.(Rewarder); ok {
		if o.Terms = r.RewardTerms(); len(o.Terms) == 0 {
			return nil, fmt.Errorf("environment %T: RewardTerms names no term", env)
		}
	}
	if _, ok := env.(Terminator); ok {
		o.Ends = task.Library
	} else if spec.LearnEnd {
		o.Ends = task.Learned
	}
	t, err := o.Load()
	if problems, ok := err.(task.Problems); ok {
		for i, p := range problems {
			problems[i].At.File = specField(p.At.File)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("environment %T: its Spec does not describe a task: %w", env, err)
	}
	return t, nil
}

// specField is the field of Spec that became a key of the task.
func specField(key string) string {
	if strings.HasPrefix(key, "reward") {
		return "RewardTerms"
	}
	field := strings.NewReplacer("simulator.timestep", "Dt", "solved_at", "SolvedAt", "horizon", "Horizon", "observation", "Observation", "action", "Action",
		".range[0]", ".Low", ".range[1]", ".High", ".range", "", "name", "Name", "title", "Name", "unit", "Unit", "kind", "Kind").Replace(key)
	return strings.TrimSuffix("Spec."+field, ".")
}

// envTask is an environment as players and backends see it. The task describes it; what is computed is asked of
// the first instance, by functions that depend on their arguments alone.
type envTask struct {
	task    *task.Task
	rewards func(terms, obs, act, next []float64) // nil: learned
	ended   func(next []float64) bool             // nil: never
	goals   Goals                                 // nil: none
	repeat  int
}

func newEnvTask(env Env, t *task.Task) *envTask {
	e := &envTask{task: t}
	if r, ok := env.(Rewarder); ok {
		e.rewards = r.Rewards
	}
	if s, ok := env.(Terminator); ok {
		e.ended = s.Terminated
	}
	e.goals, _ = env.(Goals)
	return e
}

// The methods of nn.Task.

func (e *envTask) Identity() (string, []float64)    { return e.task.Identity() }
func (e *envTask) ObservationKinds() []string       { return e.task.ObservationKinds() }
func (e *envTask) ActionBox() (low, high []float64) { return e.task.ActionBox() }
func (e *envTask) RewardTerms() []string            { return e.task.RewardTerms() }
func (e *envTask) InertEntries() []bool             { return e.task.InertEntries() }
func (e *envTask) Quantities() []task.Quantity      { return e.task.Quantities() }
func (e *envTask) Learns() (reward, end bool)       { return e.task.Learns() }
func (e *envTask) Rewards(terms, obs, act, next []float64) {
	if e.rewards == nil {
		for i := range terms {
			terms[i] = math.NaN() // nobody asks: the model learns it
		}
		return
	}
	e.rewards(terms, obs, act, next)
}

// Terminated reports whether next ends the episode. A next that is not finite does.
func (e *envTask) Terminated(next []float64) bool {
	for _, x := range next {
		if x-x != 0 {
			return true
		}
	}
	return e.ended != nil && e.ended(next)
}

// EndsUnseen is false: where the environment does not say what ends an episode, the model learns it.
func (e *envTask) EndsUnseen() bool { return false }

// HasGoal reports whether episodes pursue goals.
func (e *envTask) HasGoal() bool { return e.goals != nil }

// HasSuccess reports whether observations show which episodes succeed.
func (e *envTask) HasSuccess() bool { return e.goals != nil }

// Retarget relabels obs [O] with the goal of another observation.
func (e *envTask) Retarget(obs, goal []float64) { e.goals.Retarget(obs, goal) }

// Judge is the success of an episode with the observations next [T,O] after its decisions.
func (e *envTask) Judge(next []float64, _ int, terminated bool) float64 {
	return e.goals.Success(next, terminated)
}

var _ nn.Task = (*envTask)(nil)
