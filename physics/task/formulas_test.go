package task

import (
	"math"
	"testing"
)

// Thresholds are those of the gym 0.17.1 sources: strict in hopper, inclusive in
// ant and in the pendulum.
func TestTerminationAtItsThresholds(t *testing.T) {
	cases := []struct {
		task  string
		entry int
		value float64
		want  bool
	}{
		{"hopper", hopperHeight, 0.7, true}, {"hopper", hopperHeight, math.Nextafter(0.7, 1), false},
		{"hopper", hopperPitch, 0.2, true}, {"hopper", hopperPitch, -0.2, true}, {"hopper", hopperPitch, 0.199, false},
		{"ant", antHeight, 0.2, false}, {"ant", antHeight, 1, false},
		{"ant", antHeight, math.Nextafter(0.2, 0), true}, {"ant", antHeight, math.Nextafter(1, 2), true},
		{"inverted_pendulum", pendulumAngle, 0.2, false}, {"inverted_pendulum", pendulumAngle, -0.2, false},
		{"inverted_pendulum", pendulumAngle, math.Nextafter(-0.2, -1), true}, {"inverted_pendulum", 0, 5, false},
		{"cartpole", cartpoleAngle, 0.209, false}, {"cartpole", cartpoleAngle, -0.21, true},
		{"cartpole", cartpolePosition, 2.4, false}, {"cartpole", cartpolePosition, 2.41, true},
		{"pointmass", pointmassX, 1e9, false},
	}
	for _, c := range cases {
		task, err := Get(c.task)
		if err != nil {
			t.Fatal(err)
		}
		next := resting(task)
		next[c.entry] = c.value
		if got := task.Terminated(next); got != c.want {
			t.Errorf("%s: entry %d at %v: terminated %v, want %v", c.task, c.entry, c.value, got, c.want)
		}
	}
}

// Values worked out by hand from the formulas.
func TestRewardValues(t *testing.T) {
	cases := []struct {
		task   string
		entry  int
		value  float64
		action float64 // every entry
		want   []float64
	}{
		{"hopper", hopperXVel, 2, 0.5, []float64{2, 1, -0.00075}},
		{"ant", antXVel, -1, 0.5, []float64{-1, -1, 1}},
		{"inverted_pendulum", pendulumAngle, 1, 3, []float64{1}},
		{"cartpole", cartpoleAngle, 1, 1, []float64{1}},
		{"pointmass", pointmassGoalY, 0.25, 1, []float64{-0.25, -0.02}},
	}
	for _, c := range cases {
		task, err := Get(c.task)
		if err != nil {
			t.Fatal(err)
		}
		obs, next := resting(task), resting(task)
		next[c.entry] = c.value
		act, got := make([]float64, len(task.Action)), make([]float64, len(task.Terms))
		for i := range act {
			act[i] = c.action
		}
		task.Rewards(got, obs, act, next)
		for i := range got {
			if !(math.Abs(got[i]-c.want[i]) <= 1e-15) { // one rounding of numbers near 1
				t.Errorf("%s: terms %v, want %v", c.task, got, c.want)
				break
			}
		}
	}
}

func TestSuccessOfAnEpisode(t *testing.T) {
	cases := []struct {
		task string
		e    Episode
		want float64
	}{
		{"inverted_pendulum", Episode{}, 1}, {"inverted_pendulum", Episode{Terminated: true}, 0},
		{"cartpole", Episode{}, 1}, {"cartpole", Episode{Terminated: true}, 0},
		{"pointmass", Episode{Last: true, Achieved: 1}, 1}, {"pointmass", Episode{Achieved: 9}, 0},
	}
	for _, c := range cases {
		task, err := Get(c.task)
		if err != nil {
			t.Fatal(err)
		}
		if got := task.Succeeded(c.e); got != c.want {
			t.Errorf("%s: %+v: success %v, want %v", c.task, c.e, got, c.want)
		}
	}
	for _, name := range []string{"hopper", "ant"} {
		task, err := Get(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := task.Succeeded(Episode{}); !math.IsNaN(got) {
			t.Errorf("%s: success %v, want NaN: it has none", name, got)
		}
	}
}
