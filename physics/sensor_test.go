package physics

import (
	"io/fs"
	"math"
	"slices"
	"testing"

	"github.com/palmal-rl/palmal/physics/task"
)

// seen is the cart and pole as a sensor shows it: late, and with noise.
func seen(t *testing.T, extra string) *task.Task {
	t.Helper()
	text := `name: seen
simulator: {go: cartpole, timestep: 0.02}
horizon: 60
observation:
  - {name: angle, from: "qpos[1]"}
  - {name: sensor, from: "qpos[1]", ` + extra + `}
action: [{name: force}]
pose: [0, 0.1]
velocities: 2
reset: [{name: start, into: qvel, count: 2, uniform: [-1, 1]}]
reward: {sensor: next.sensor}
`
	one, err := task.Load(task.Source{File: "task.yaml", Read: func(name string) ([]byte, error) {
		if name != "task.yaml" {
			return nil, fs.ErrNotExist
		}
		return []byte(text), nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return one
}

func playSeen(t *testing.T, extra string, workers int) []played {
	t.Helper()
	w, err := Open(seen(t, extra), Options{Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return firstEpisodes(t, w, 3, 0, 4, idle)
}

func TestASensorWithADelayShowsThePast(t *testing.T) {
	const delay = 3
	for k, e := range playSeen(t, "delay: 3", 2) {
		for i := range len(e.obs) / 2 {
			if want := e.obs[2*max(0, i-delay)]; e.obs[2*i+1] != want {
				t.Fatalf("episode %d, step %d: %v is seen, want %v", k, i, e.obs[2*i+1], want)
			}
		}
	}
}

// Noise has the deviation that it says, is not the same from step to step, and is a function of the
// episode alone: 240 numbers tell their deviation to 1/√480 = 5 %, of which four are allowed.
func TestASensorWithNoiseShowsIt(t *testing.T) {
	const deviation = 0.01
	one, other := playSeen(t, "noise: 0.01", 1), playSeen(t, "noise: 0.01", 3)
	sum, n := 0.0, 0
	for k, e := range one {
		if !slices.Equal(e.obs, other[k].obs) {
			t.Errorf("episode %d depends on the workers", k)
		}
		for i := range len(e.obs) / 2 {
			d := float64(e.obs[2*i+1] - e.obs[2*i])
			sum, n = sum+d*d, n+1
		}
	}
	if got := math.Sqrt(sum / float64(n)); !within(got, deviation, 0.2*deviation) {
		t.Errorf("deviation %v, want %v", got, deviation)
	}
}
