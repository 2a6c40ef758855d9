package visible

import (
	"context"
	"io/fs"
	"math"
	"slices"
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

// blindfolded is a built-in task whose observation shows no velocities. What of the reward needs one goes, and the mirror.
func blindfolded(t *testing.T, name string) *task.Task {
	t.Helper()
	return altered(t, name, func(line string) string {
		if strings.Contains(line, "from: qvel") || strings.Contains(line, "from: \"qvel") || strings.Contains(line, "rate: true") || strings.Contains(line, "x_vel") ||
			strings.HasPrefix(line, "symmetries:") || strings.HasPrefix(line, "  mirror:") {
			return ""
		}
		return line
	})
}

// tableOf plays at most a number of decisions for a fit; as many as a check plays would take a test long.
func tableOf(t *testing.T, one *task.Task, most int) *table {
	t.Helper()
	d, err := play(context.Background(), one)
	if err != nil {
		t.Fatal(err)
	}
	most = min(most, d.rows())
	d.obs, d.next, d.act = d.obs[:most*d.width], d.next[:most*d.width], d.act[:most*len(one.Action)]
	return d
}

// fitted reports on a task from fewer decisions than a check plays.
func fitted(t *testing.T, one *task.Task) *Report {
	t.Helper()
	return fittedTo(t, one, 3000)
}

func fittedTo(t *testing.T, one *task.Task, most int) *Report {
	t.Helper()
	if one.Simulator == task.MuJoCo && mujoco.Version() == "" {
		t.Skip(mujoco.ErrMissing)
	}
	r, err := tableOf(t, one, most).report(context.Background())
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
			blind := fittedTo(t, blindfolded(t, name), few)
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

// What other entries give by a hard formula is not hidden, nor what too few decisions were played for: a longer fit sees
// more of it, while it sees no more of what is hidden.
func TestWhatIsHardToComputeIsNotHidden(t *testing.T) {
	if testing.Short() || mujoco.Version() == "" {
		t.Skip("fits for half a minute, in MuJoCo")
	}
	for name, views := range map[string][]bool{"reacher7dof": {false, true}, "ant": {false}} {
		for _, blind := range views {
			one, err := tasks.Get(name)
			if err != nil {
				t.Fatal(err)
			}
			if blind {
				one = blindfolded(t, name)
			}
			const busy = 2200 // decisions: as many as a busy machine plays of ant
			d := tableOf(t, one, busy)
			if d.rows() < busy {
				t.Fatalf("%s: only %d decisions", name, d.rows())
			}
			shares, _, err := d.fit(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			hidden := 0
			for _, s := range shares {
				if s.hidden() {
					hidden++
				}
				if s.hidden() && !blind {
					t.Errorf("%s: %s is doubted", name, s)
				}
			}
			if blind && hidden < 4 {
				t.Errorf("%s without velocities: %d entries are doubted", name, hidden)
			}
		}
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
	tip := Share{Now: 0.18, Past: 0.81}
	for again, want := range map[Share]bool{{Now: 0.37, Past: 0.86}: false, {Now: 0.2, Past: 0.9}: true, {Now: -0.3, Past: 0.9}: true, {Now: 0.8, Past: 0.9}: false} {
		if s := tip.again(float64(again.Now), float64(again.Past), few-1); s.hidden() != want || s.Now != again.Now {
			t.Errorf("%v after %v: %v", again, tip, !want)
		}
	}
}

// A symmetry of the task is not doubted, and one with a wrong sign is, by the name of what it turns the wrong way.
func TestASymmetryThatIsNoneIsNamed(t *testing.T) {
	if testing.Short() {
		t.Skip("fits for half a minute")
	}
	of := func(r *Report) string {
		return strings.Join(slices.DeleteFunc(r.Doubts, func(text string) bool { return !strings.HasPrefix(text, "symmetry") }), "\n")
	}
	wrong := altered(t, "dclaw_turn", func(line string) string {
		return strings.Replace(line, "angle: vector(-angle[3]", "angle: vector(angle[3]", 1)
	})
	right, err := tasks.Get("dclaw_turn")
	if err != nil {
		t.Fatal(err)
	}
	if doubts := of(fitted(t, right)); doubts != "" {
		t.Errorf("the task's own: %s", doubts)
	}
	if doubts := of(fitted(t, wrong)); !strings.Contains(doubts, "symmetry mirror contradicts what happens") || !strings.Contains(doubts, "finger 1 top angle") || strings.Contains(doubts, "middle angle") {
		t.Errorf("with a wrong sign of finger 1: %s", doubts)
	}
}

// Images that take little from a fit that sees little may be true ones.
func TestFitsThatSeeLittleAccuseNoSymmetry(t *testing.T) {
	pointmass, err := tasks.Get("pointmass")
	if err != nil {
		t.Fatal(err)
	}
	d := &table{task: pointmass}
	for _, one := range []struct {
		without, with float64
		worse         bool
	}{
		{0.9, 0.3, true}, {0.9, 0.85, false}, {0.6, 0.1, true}, {0.6, 0.45, false},
		{0.31, 0.12, false}, {0.27, -0.2, false}, {math.NaN(), 0.5, false},
	} {
		shares := func(x float64) []float64 {
			all := make([]float64, len(pointmass.Observation))
			all[0] = x
			return all
		}
		if worse := d.worse(shares(one.without), shares(one.with)); (len(worse) > 0) != one.worse {
			t.Errorf("%g without images and %g with them: %v", one.without, one.with, worse)
		}
	}
}
