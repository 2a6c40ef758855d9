package visible

import (
	"context"
	"io/fs"
	"math"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/physics/mujoco"
	"github.com/palmal-rl/palmal/physics/task"
	"github.com/palmal-rl/palmal/physics/tasks"
)

// altered is a built-in task with lines of its file replaced.
func altered(t *testing.T, name string, change func(line string) string) *task.Task {
	t.Helper()
	built, err := tasks.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(built.Files[built.File])) {
		lines = append(lines, change(line))
	}
	own, err := task.Load(task.Source{Folder: name, File: "task.yaml", Read: func(file string) ([]byte, error) {
		if file == "task.yaml" {
			return []byte(strings.Join(lines, "")), nil
		}
		if text, ok := built.Files[file]; ok {
			return text, nil
		}
		return nil, &fs.PathError{Op: "open", Path: file, Err: fs.ErrNotExist}
	}})
	if err != nil {
		t.Fatal(err)
	}
	return own
}

// blindfolded is a built-in task whose observation shows no velocities. What of the reward needs one goes.
func blindfolded(t *testing.T, name string) *task.Task {
	t.Helper()
	return altered(t, name, func(line string) string {
		if strings.Contains(line, "from: qvel") || strings.Contains(line, "from: \"qvel") || strings.Contains(line, "rate: true") || strings.Contains(line, "x_vel") {
			return ""
		}
		return line
	})
}

func fitted(t *testing.T, one *task.Task) *Report {
	t.Helper()
	if one.Simulator == task.MuJoCo && mujoco.Version() == "" {
		t.Skip(mujoco.ErrMissing)
	}
	r, err := Fit(context.Background(), one)
	if err != nil {
		t.Fatalf("%s: %v", one.Name, err)
	}
	if r.Without != "" || len(r.Entries) != len(one.Observation) || len(r.Terms) != len(one.Terms) {
		t.Fatalf("%s: %+v", one.Name, r)
	}
	return r
}

// What an observation without velocities hides is named, entry by entry, with what to do; the same task with
// its velocities hides nothing.
func TestHiddenVelocitiesAreNamed(t *testing.T) {
	for _, name := range []string{"cartpole", "hopper"} {
		t.Run(name, func(t *testing.T) {
			built, err := tasks.Get(name)
			if err != nil {
				t.Fatal(err)
			}
			if whole := fitted(t, built); len(whole.Doubts)+len(whole.Proposals) > 0 {
				t.Errorf("whole: %q, %q", whole.Doubts, whole.Proposals)
			}
			blind := fitted(t, blindfolded(t, name))
			if len(blind.Entries) == 0 || len(blind.Doubts) != 1 || !strings.Contains(blind.Doubts[0], "observe velocities") {
				t.Fatalf("without velocities: %+v", blind)
			}
			for _, s := range blind.Entries { // all are positions
				if !s.hidden() || !strings.Contains(blind.Doubts[0], s.Name) {
					t.Errorf("%s is not named", s)
				}
			}
		})
	}
}

// An action that arrives late is hidden unless the observation shows it.
func TestALateActionIsHidden(t *testing.T) {
	late := func(shown bool) *Report {
		return fitted(t, altered(t, "inverted_pendulum", func(line string) string {
			switch {
			case strings.HasPrefix(line, "pose:"):
				return line + "drive: {delay: 1}\n"
			case shown && strings.HasPrefix(line, "action:"):
				return "  - {name: last, from: action, kind: last-action}\n" + line
			}
			return line
		}))
	}
	hidden := late(false)
	if len(hidden.Doubts) != 1 || !strings.Contains(hidden.Doubts[0], "cart velocity") || !strings.Contains(hidden.Doubts[0], "last-action") {
		t.Errorf("%+v", hidden)
	}
	if shown := late(true); len(shown.Doubts) > 0 {
		t.Errorf("%q", shown.Doubts)
	}
}

// Noise is neither in the observation nor in its past: what is left of it is named as hard, and a clock as neither.
func TestNoiseIsHardAndAClockIsNot(t *testing.T) {
	r := fitted(t, altered(t, "cartpole", func(line string) string {
		if strings.HasPrefix(line, "observation:") {
			return line + "  - {name: sensor, from: \"qpos[0]\", noise: 10}\n  - {name: clock, from: time}\n"
		}
		return line
	}))
	sensor, clock := r.Entries[0], r.Entries[1]
	// The best guess of the noise after the step is 0, so that its change is half explained by the noise before.
	if !(math.Abs(float64(sensor.Now)-0.5) < 0.1) || !math.IsNaN(float64(clock.Now)) {
		t.Errorf("%v, %v", sensor, clock)
	}
	for _, text := range r.Doubts {
		if strings.Contains(text, "sensor") || strings.Contains(text, "clock") {
			t.Errorf("doubt %s", text)
		}
	}
}

// What nothing can be fitted to is said to be so.
func TestWhatCannotBeFitted(t *testing.T) {
	short := altered(t, "cartpole", func(line string) string { return line })
	short.Horizon = 2
	broken := altered(t, "cartpole", func(line string) string {
		if strings.HasPrefix(line, "observation:") {
			return "places: {at: \"qpos[0]\"}\n" + line + "  - {name: root, formula: log(at)}\n"
		}
		return line
	})
	huge := altered(t, "cartpole", func(line string) string {
		if strings.HasPrefix(line, "observation:") {
			return "places: {at: \"qpos[0]\"}\n" + line + "  - {name: far, formula: 1e38*sin(1e3*at)}\n"
		}
		return line
	})
	for want, one := range map[string]*task.Task{"diverged": huge, "which is too few": short, "observation root is not finite": broken} {
		r, err := Fit(context.Background(), one)
		if err != nil || !strings.Contains(r.Without, want) {
			t.Errorf("%+v, %v, want %q", r, err, want)
		}
	}
}

// The verdict is a function of the shares alone.
func TestVerdicts(t *testing.T) {
	nan := algo.Number(math.NaN())
	for s, want := range map[Share]bool{
		{Now: 0.5, Past: 0.99}: true, {Now: -3, Past: 0.3}: true, {Now: 0.77, Past: 0.999}: true, {Now: 0.92, Past: 0.999}: true,
		{Now: 0.5, Past: 0.6}: false, {Now: -3, Past: -0.1}: false, {Now: 0.97, Past: 0.9999}: false, {Now: 0.9, Past: 0.97}: false, {Now: nan, Past: nan}: false,
	} {
		if s.hidden() != want {
			t.Errorf("%v: %v", s, !want)
		}
	}
}
