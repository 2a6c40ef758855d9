package physics

import (
	"math"
	"testing"

	"github.com/palmal-rl/palmal/physics/task"
)

// Targets keep to the joint's range, and to what it can turn in a step.
func TestServoTargets(t *testing.T) {
	ranges := [2]servoRange{rangeOf(-0.5, 0.279, true), rangeOf(0, math.Pi/2, true)}
	for _, c := range []struct{ action, at, want [2]float64 }{
		{[2]float64{0, 0}, [2]float64{-0.1105, math.Pi / 4}, [2]float64{-0.1105, math.Pi / 4}},
		{[2]float64{1, 1}, [2]float64{0.1, 1.5}, [2]float64{0.279, math.Pi / 2}},
		{[2]float64{-1, 1}, [2]float64{0.2, 0}, [2]float64{0.2 - 0.1*math.Pi, 0.1 * math.Pi}},
	} {
		for i := range c.at {
			var ctrl float64
			w := motor{ctrl: &ctrl, servo: true, servoRange: ranges[i], qpos: &c.at[i]}
			if w.write(c.action[i], single(math.Pi), 0.1); !within(ctrl, c.want[i], 1e-7) { // constants are float32
				t.Errorf("%+v: target %v of joint %d", c, ctrl, i)
			}
		}
	}
	// the constants as float32 arithmetic makes them, which recordings depend on; the
	// first is not the float32 nearest to -0.1105
	if ranges[0].centre != -0.11049999296665192 || ranges[1].half != 0.7853981852531433 || single(math.Pi) != 3.1415927410125732 {
		t.Errorf("ranges %v", ranges)
	}
}

// An action arrives after the delay, and moves no faster than the rate allows.
func TestActionsArriveLateAndChangeSlowly(t *testing.T) {
	var ctrl float64
	s := &drive{Drive: task.Drive{Delay: 2, Rate: 0.3}, motors: []motor{{ctrl: &ctrl}}, last: []float64{0}}
	for i, want := range []float64{0, 0, 0.3, 0.6, 0.3, 0, -0.3} {
		action := 1.0
		if i >= 2 {
			action = -1
		}
		if s.command([]float64{action}); !within(ctrl, want, 1e-15) { // sums of 0.3
			t.Errorf("step %d: control %v, want %v", i, ctrl, want)
		}
	}
	if s.reset(); len(s.queue) != 0 || s.last[0] != 0 {
		t.Errorf("after a reset: %v, %v", s.queue, s.last)
	}
}
