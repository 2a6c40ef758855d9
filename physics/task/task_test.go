package task

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
)

// all returns every task of the registry.
func all(t *testing.T) []*Task {
	t.Helper()
	var tasks []*Task
	for _, name := range Names() {
		task, err := Get(name)
		if err != nil {
			t.Fatal(err)
		}
		tasks = append(tasks, task)
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
	kinds := []string{Predicted, LastAction, Constant, Angle, Unit}
	for _, task := range all(t) {
		var observation, action, terms, parameters, draws []string
		for _, e := range task.Observation {
			observation = append(observation, e.Name)
			if !slices.Contains(kinds, e.Kind) {
				t.Errorf("%s: observation %s: unknown kind %q", task.Name, e.Name, e.Kind)
			}
			if !(e.Low < e.High) {
				t.Errorf("%s: observation %s: bounds [%v, %v]", task.Name, e.Name, e.Low, e.High)
			}
		}
		for _, e := range task.Action {
			action = append(action, e.Name)
			if !(e.Low < e.High) || math.IsInf(e.High-e.Low, 0) {
				t.Errorf("%s: action %s: bounds [%v, %v]", task.Name, e.Name, e.Low, e.High)
			}
		}
		for _, term := range task.Terms {
			terms = append(terms, term.Name)
		}
		for _, p := range task.Parameters {
			parameters = append(parameters, p.Name)
		}
		for _, d := range task.Reset {
			draws = append(draws, d.Name)
		}
		unique(t, task.Name+" observation", observation)
		unique(t, task.Name+" action", action)
		unique(t, task.Name+" terms", terms)
		unique(t, task.Name+" parameters", parameters)
		unique(t, task.Name+" draws", draws)
		if task.Termination == "" || (task.Termination == "never") != (task.alive == nil) {
			t.Errorf("%s: termination %q does not fit its function", task.Name, task.Termination)
		}
		if (task.Success == "") != (task.success == nil) {
			t.Errorf("%s: success %q does not fit its function", task.Name, task.Success)
		}
		if _, values := task.Identity(); len(values) != len(task.Parameters) {
			t.Errorf("%s: %d parameter values, want %d", task.Name, len(values), len(task.Parameters))
		}
		if _, err := json.Marshal(task); err != nil {
			t.Errorf("%s: cannot be printed as JSON: %v", task.Name, err)
		}
	}
}

func TestDrawsFitTheState(t *testing.T) {
	for _, task := range all(t) {
		size := map[string]int{Position: len(task.Pose), Velocity: task.Velocities, GoalNumber: math.MaxInt}
		for _, d := range task.Reset {
			if n, ok := size[d.Into]; !ok || d.First < 0 || d.Count < 1 || d.First+d.Count > n {
				t.Errorf("%s: draw %s: entries %d to %d of %q", task.Name, d.Name, d.First, d.First+d.Count, d.Into)
			}
			switch d.Distribution {
			case Uniform:
				if !(d.Low <= d.High) {
					t.Errorf("%s: draw %s: bounds [%v, %v]", task.Name, d.Name, d.Low, d.High)
				}
			case Normal:
				if !(d.Std > 0) {
					t.Errorf("%s: draw %s: standard deviation %v", task.Name, d.Name, d.Std)
				}
			default:
				t.Errorf("%s: draw %s: unknown distribution %q", task.Name, d.Name, d.Distribution)
			}
		}
	}
}

func TestObservationSizes(t *testing.T) {
	// observation and action sizes of gym, with x_vel and without contact forces
	want := map[string][2]int{"pointmass": {6, 2}, "cartpole": {4, 1}, "inverted_pendulum": {4, 1}, "hopper": {12, 3}, "ant": {28, 8},
		// of ROBEL, dclaw_turn with ten velocities; of mjrl; of mj_envs, with those of 24 joints
		"dclaw_turn": {31, 9}, "dkitty_orient": {53, 12}, "reacher7dof": {20, 7}, "pen": {69, 24}}
	for _, task := range all(t) {
		if got := [2]int{len(task.Observation), len(task.Action)}; got != want[task.Name] {
			t.Errorf("%s: sizes %v, want %v", task.Name, got, want[task.Name])
		}
	}
}

// resting returns an observation in which the task is alive.
func resting(task *Task) []float64 {
	obs := make([]float64, len(task.Observation))
	switch task.Name {
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
	for _, task := range all(t) {
		i := 0
		for _, e := range task.Observation {
			if (e.Kind == LastAction) != (e.From.Field == LastTaken) {
				t.Errorf("%s: %s is of kind %s and from %s", task.Name, e.Name, e.Kind, e.From)
			}
			if e.Kind != LastAction {
				continue
			}
			if a := task.Action[i]; e.From.Index != i || e.Low != a.Low || e.High != a.High {
				t.Errorf("%s: %s is action %d in [%v, %v], want %d", task.Name, e.Name, e.From.Index, e.Low, e.High, i)
			}
			i++
		}
		if i != 0 && i != len(task.Action) {
			t.Errorf("%s: %d last actions of %d", task.Name, i, len(task.Action))
		}
	}
}

func TestNonFiniteTerminates(t *testing.T) {
	for _, task := range all(t) {
		if task.Terminated(resting(task)) {
			t.Errorf("%s: terminated at rest", task.Name)
		}
		for i := range task.Observation {
			for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				next := resting(task)
				next[i] = bad
				if !task.Terminated(next) {
					t.Errorf("%s: %v in entry %d does not terminate", task.Name, bad, i)
				}
			}
		}
	}
}

func TestRewardsAllocateNothing(t *testing.T) {
	for _, task := range all(t) {
		obs, act, terms := resting(task), make([]float64, len(task.Action)), make([]float64, len(task.Terms))
		if n := testing.AllocsPerRun(10, func() {
			task.Rewards(terms, obs, act, obs)
			task.Terminated(obs)
		}); n != 0 {
			t.Errorf("%s: %v allocations", task.Name, n)
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
	if _, values := changed.Identity(); !changed.Terminated(leaning) || values[hopperMaxPitch] != 0.15 || changed.Parameters[hopperMaxPitch].Value != 0.15 {
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
	task, err := Get("ant")
	if err != nil {
		t.Fatal(err)
	}
	_, unknownTask := Get("hoper")
	cases := []struct {
		err  error
		want string
	}{
		{unknownTask, `did you mean "hopper"`},
		{task.Set("min_hight", 1), `unknown parameter "min_hight": did you mean "min_height"`},
		{task.Set("min_height", math.NaN()), "not finite"},
		{task.SetDraw("velocities", 0, 1), `unknown draw "velocities": did you mean "velocity"`},
		{task.SetDraw("position", 1, -1), "low ≤ high"},
		{task.SetDraw("position", math.NaN(), 1), "low ≤ high"},
		{task.SetDraw("velocity", 0, 1), "is normal"},
	}
	for _, c := range cases {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", c.err, c.want)
		}
	}
}

func TestEditDistance(t *testing.T) {
	// the customary examples of Levenshtein distance
	for _, c := range []struct {
		a, b string
		want int
	}{{"kitten", "sitting", 3}, {"saturday", "sunday", 3}, {"", "ant", 3}, {"ant", "", 3}, {"ant", "ant", 0}} {
		if got := editDistance(c.a, c.b); got != c.want {
			t.Errorf("distance of %q and %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
