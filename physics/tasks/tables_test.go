package tasks

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/physics/task"
)

// all returns every task of the registry.
func all(t *testing.T) []*task.Task {
	t.Helper()
	var tasks []*task.Task
	for _, name := range Names() {
		one, err := Get(name)
		if err != nil {
			t.Fatal(err)
		}
		tasks = append(tasks, one)
	}
	return tasks
}

func unique(t *testing.T, what string, names []string) {
	t.Helper()
	slices.Sort(names)
	if len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("%s: names are not unique: %q", what, names)
	}
	if slices.Contains(names, "") {
		t.Errorf("%s: a name is empty: %q", what, names)
	}
}

func TestTablesAreConsistent(t *testing.T) {
	unique(t, "tasks", Names())
	kinds := []string{task.Predicted, task.LastAction, task.Constant, task.Angle, task.Unit}
	for _, one := range all(t) {
		var observation, action, terms, parameters, draws []string
		for _, e := range one.Observation {
			observation = append(observation, e.Name)
			if !slices.Contains(kinds, e.Kind) {
				t.Errorf("%s: observation %s: unknown kind %q", one.Name, e.Name, e.Kind)
			}
			if !(e.Low < e.High) {
				t.Errorf("%s: observation %s: bounds [%v, %v]", one.Name, e.Name, e.Low, e.High)
			}
		}
		for _, e := range one.Action {
			action = append(action, e.Name)
			if !(e.Low < e.High) || math.IsInf(e.High-e.Low, 0) {
				t.Errorf("%s: action %s: bounds [%v, %v]", one.Name, e.Name, e.Low, e.High)
			}
		}
		for _, term := range one.Terms {
			terms = append(terms, term.Name)
		}
		for _, p := range one.Parameters {
			parameters = append(parameters, p.Name)
		}
		for _, d := range one.Reset {
			draws = append(draws, d.Name)
		}
		unique(t, one.Name+" observation", observation)
		unique(t, one.Name+" action", action)
		unique(t, one.Name+" terms", terms)
		unique(t, one.Name+" parameters", parameters)
		unique(t, one.Name+" draws", draws)
		if one.Termination == "" {
			t.Errorf("%s: termination is said nowhere", one.Name)
		}
		if success := one.Succeeded(task.Episode{}); (one.Success == "") != math.IsNaN(success) {
			t.Errorf("%s: success %q does not fit %v of an episode", one.Name, one.Success, success)
		}
		if _, values := one.Identity(); len(values) != len(one.Parameters) {
			t.Errorf("%s: %d parameter values, want %d", one.Name, len(values), len(one.Parameters))
		}
		if _, err := json.Marshal(one); err != nil {
			t.Errorf("%s: cannot be printed as JSON: %v", one.Name, err)
		}
	}
}

func TestDrawsFitTheState(t *testing.T) {
	for _, one := range all(t) {
		size := map[string]int{task.Position: len(one.Pose), task.Velocity: one.Velocities, task.GoalNumber: math.MaxInt}
		for _, d := range one.Reset {
			if n, ok := size[d.Into]; !ok || d.First < 0 || d.Count < 1 || d.First+d.Count > n {
				t.Errorf("%s: draw %s: entries %d to %d of %q", one.Name, d.Name, d.First, d.First+d.Count, d.Into)
			}
			switch d.Distribution {
			case task.Uniform:
				if !(d.Low <= d.High) {
					t.Errorf("%s: draw %s: bounds [%v, %v]", one.Name, d.Name, d.Low, d.High)
				}
			case task.Normal:
				if !(d.Std > 0) {
					t.Errorf("%s: draw %s: standard deviation %v", one.Name, d.Name, d.Std)
				}
			default:
				t.Errorf("%s: draw %s: unknown distribution %q", one.Name, d.Name, d.Distribution)
			}
		}
	}
}

func TestObservationSizes(t *testing.T) {
	// observation and action sizes of gym, with x_vel and without contact forces
	want := map[string][2]int{"pointmass": {6, 2}, "cartpole": {4, 1}, "inverted_pendulum": {4, 1}, "hopper": {12, 3}, "ant": {28, 8},
		// Sizes of ROBEL, dclaw_turn with ten velocities; of mjrl; of mj_envs, with those of 24 joints.
		"dclaw_turn": {31, 9}, "dkitty_orient": {53, 12}, "reacher7dof": {20, 7}, "pen": {69, 24}}
	for _, one := range all(t) {
		if got := [2]int{len(one.Observation), len(one.Action)}; got != want[one.Name] {
			t.Errorf("%s: sizes %v, want %v", one.Name, got, want[one.Name])
		}
	}
}

// resting returns an observation in which the task is alive.
func resting(one *task.Task) []float64 {
	obs := make([]float64, len(one.Observation))
	switch one.Name {
	case "hopper":
		obs[hopperHeight] = 1.25
	case "ant":
		obs[antHeight] = 0.75
	case "dkitty_orient":
		obs[dkittyUpright] = 1
	case "pen":
		obs[penHeight] = 0.25
	}
	return obs
}

// The learned model sets these entries to the action just applied, one for each, so
// they have to be in the action's order and have its bounds.
func TestLastActionEntriesAreTheActions(t *testing.T) {
	for _, one := range all(t) {
		i := 0
		for _, e := range one.Observation {
			if (e.Kind == task.LastAction) != (e.From.Field == task.LastTaken) {
				t.Errorf("%s: %s is of kind %s and from %s", one.Name, e.Name, e.Kind, e.From)
			}
			if e.Kind != task.LastAction {
				continue
			}
			if a := one.Action[i]; e.From.Index != i || e.Low != a.Low || e.High != a.High {
				t.Errorf("%s: %s is action %d in [%v, %v], want %d", one.Name, e.Name, e.From.Index, e.Low, e.High, i)
			}
			i++
		}
		if i != 0 && i != len(one.Action) {
			t.Errorf("%s: %d last actions of %d", one.Name, i, len(one.Action))
		}
	}
}

func TestNonFiniteTerminates(t *testing.T) {
	for _, one := range all(t) {
		if one.Terminated(resting(one)) {
			t.Errorf("%s: terminated at rest", one.Name)
		}
		for i := range one.Observation {
			for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				next := resting(one)
				next[i] = bad
				if !one.Terminated(next) {
					t.Errorf("%s: %v in entry %d does not terminate", one.Name, bad, i)
				}
			}
		}
	}
}

func TestRewardsAllocateNothing(t *testing.T) {
	for _, one := range all(t) {
		obs, act, terms := resting(one), make([]float64, len(one.Action)), make([]float64, len(one.Terms))
		if n := testing.AllocsPerRun(10, func() {
			one.Rewards(terms, obs, act, obs)
			one.Terminated(obs)
		}); n != 0 {
			t.Errorf("%s: %v allocations", one.Name, n)
		}
	}
}

func TestOverridesChangeOneCopyOnly(t *testing.T) {
	changed, err := Get("hopper")
	if err != nil {
		t.Fatal(err)
	}
	if err := changed.Set("max_pitch", 0.15); err != nil {
		t.Fatal(err)
	}
	if err := changed.SetDraw("position", -1, 1); err != nil {
		t.Fatal(err)
	}
	leaning := resting(changed)
	leaning[hopperPitch] = 0.18
	if _, values := changed.Identity(); !changed.Terminated(leaning) || values[3] != 0.15 || changed.Parameters[3].Value != 0.15 {
		t.Error("the override of max_pitch has no effect")
	}
	original, err := Get("hopper")
	if err != nil {
		t.Fatal(err)
	}
	if original.Terminated(leaning) || original.Reset[0].High != 0.005 {
		t.Error("an override reached another copy of the task")
	}
}

func TestBadNamesAndValuesAreRefused(t *testing.T) {
	one, err := Get("ant")
	if err != nil {
		t.Fatal(err)
	}
	_, unknownTask := Get("hoper")
	cases := []struct {
		err  error
		want string
	}{
		{unknownTask, `did you mean "hopper"`},
		{one.Set("min_hight", 1), `unknown parameter "min_hight": did you mean "min_height"`},
		{one.Set("min_height", math.NaN()), "not finite"},
		{one.SetDraw("velocities", 0, 1), `unknown draw "velocities": did you mean "velocity"`},
		{one.SetDraw("position", 1, -1), "low ≤ high"},
		{one.SetDraw("position", math.NaN(), 1), "low ≤ high"},
		{one.SetDraw("velocity", 0, 1), "is normal"},
	}
	for _, c := range cases {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", c.err, c.want)
		}
	}
}
