package tasks

import (
	"math"
	"testing"

	"github.com/palmal-rl/palmal/physics/task"
)

// Entries of observations, as far as these tests use them.
const (
	pointmassX, pointmassGoalY                 = 0, 5
	cartpolePosition, cartpoleAngle            = 0, 1
	pendulumAngle                              = 1
	hopperHeight, hopperPitch, hopperXVel      = 0, 1, 11
	antHeight, antXVel                         = 0, 27
	reacherTip, reacherGoal                    = 14, 17
	dclawVelocities, dclawValve, dclawError    = 9, 18, 30
	dkittyUpright, dkittyFacing, dkittyDesired = 48, 49, 51
	penHeight, penAxis, penDesired, penOffset  = 26, 33, 36, 39
)

// Thresholds are those of the sources: strict in hopper, inclusive in ant, in the
// pendulum, in dkitty_orient and in pen.
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
		{"dkitty_orient", dkittyUpright, 0.9, false}, {"dkitty_orient", dkittyUpright, math.Nextafter(0.9, 0), true},
		{"pen", penHeight, 0.075, false}, {"pen", penHeight, math.Nextafter(0.075, 0), true},
		{"dclaw_turn", dclawError, 3, false}, {"reacher7dof", reacherTip, 1e9, false},
	}
	for _, c := range cases {
		one, err := Get(c.task)
		if err != nil {
			t.Fatal(err)
		}
		next := resting(one)
		next[c.entry] = c.value
		if got := one.Terminated(next); got != c.want {
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
		// all claw angles are 0 at rest here, so the pose is √(6·(π/3)²) from the first one
		{"dclaw_turn", dclawError, -2, 1, []float64{-10, -math.Sqrt(6) * math.Pi / 3, 0, 0, 0}},
		{"dclaw_turn", dclawError, 0.25, 1, []float64{-1.25, -math.Sqrt(6) * math.Pi / 3, 0, 0, 0}},
		{"dclaw_turn", dclawError, -0.2, 1, []float64{-1, -math.Sqrt(6) * math.Pi / 3, 0, 10, 0}},
		{"dclaw_turn", dclawError, 0.05, 1, []float64{-0.25, -math.Sqrt(6) * math.Pi / 3, 0, 10, 50}},
		{"dclaw_turn", dclawVelocities + 8, -0.5, 1, []float64{0, -math.Sqrt(6) * math.Pi / 3, -0.5, 10, 50}},
		{"dclaw_turn", dclawVelocities, 0.49, 1, []float64{0, -math.Sqrt(6) * math.Pi / 3, 0, 10, 50}},
		{"reacher7dof", reacherGoal + 2, 0.5, 1, []float64{-0.5, -2.5}},
		{"reacher7dof", reacherTip, -100, 1, []float64{-10, -50}}, // clipped
		{"pen", penOffset + 1, 0.5, 1, []float64{-0.5, 0, 0, 0, 0}},
		{"pen", penHeight, 0.05, 1, []float64{0, 0, 0, 0, -5}},
	}
	for _, c := range cases {
		one, err := Get(c.task)
		if err != nil {
			t.Fatal(err)
		}
		obs, next := resting(one), resting(one)
		next[c.entry] = c.value
		act, got := make([]float64, len(one.Action)), make([]float64, len(one.Terms))
		for i := range act {
			act[i] = c.action
		}
		one.Rewards(got, obs, act, next)
		for i := range got {
			if !(math.Abs(got[i]-c.want[i]) <= 1e-15*(1+math.Abs(c.want[i]))) { // a few roundings
				t.Errorf("%s: terms %v, want %v", c.task, got, c.want)
				break
			}
		}
	}
}

// Facing 0.08 rad off and level is a success; either alone earns the small bonus, and
// both together earn it once.
func TestDkittyBonuses(t *testing.T) {
	one, err := Get("dkitty_orient")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		angle, upright float64
		near, success  float64
	}{{0.08, 0.97, 5, 10}, {0.08, 0.95, 5, 0}, {0.1, 0.97, 5, 0}, {3, 0.97, 5, 0}, {0.25, 0.95, 5, 0}, {0.27, 0.96, 0, 0}, {-0.08, 0.97, 5, 10}} {
		next, terms := resting(one), make([]float64, len(one.Terms))
		next[dkittyUpright] = c.upright
		next[dkittyFacing], next[dkittyFacing+1] = 0.7*math.Cos(1), 0.7*math.Sin(1) // a leaning torso's is shorter
		next[dkittyDesired], next[dkittyDesired+1] = math.Cos(1+c.angle), math.Sin(1+c.angle)
		one.Rewards(terms, next, nil, next)
		want := []float64{20 * (c.upright - 0.9), 0, -4 * math.Abs(c.angle), 0, c.near, c.success}
		for i := range want {
			if !(math.Abs(terms[i]-want[i]) <= 1e-13) { // roundings of angles, and 20·2⁻⁵³
				t.Errorf("%+v: terms %v, want %v", c, terms, want)
				break
			}
		}
		if one.Achieved(next) != (c.success > 0) {
			t.Errorf("%+v: achieved %v", c, one.Achieved(next))
		}
	}
	fallen := resting(one)
	fallen[dkittyUpright], fallen[2] = 0.5, -0.25
	terms := make([]float64, len(one.Terms))
	if one.Rewards(terms, fallen, nil, fallen); terms[1] != -500 || terms[3] != -1 {
		t.Errorf("fallen, and 0.25 m down: %v", terms)
	}
}

// Bonuses ask for a place within 7.5 cm and cosines above 0.9 and 0.95.
func TestPenBonuses(t *testing.T) {
	one, err := Get("pen")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		distance, cosine float64
		aligned, success float64
	}{{0.07, 0.96, 10, 50}, {0.07, 0.95, 10, 0}, {0.07, 0.9, 0, 0}, {0.075, 1, 0, 0}} {
		next, terms := resting(one), make([]float64, len(one.Terms))
		next[penOffset], next[penAxis], next[penDesired] = c.distance, c.cosine, 1
		one.Rewards(terms, next, nil, next)
		if terms[0] != -c.distance || terms[1] != c.cosine || terms[2] != c.aligned || terms[3] != c.success || terms[4] != 0 {
			t.Errorf("%+v: terms %v", c, terms)
		}
		if one.Achieved(next) != (c.success > 0) {
			t.Errorf("%+v: achieved %v", c, one.Achieved(next))
		}
	}
}

func TestSuccessOfAnEpisode(t *testing.T) {
	cases := []struct {
		task string
		e    task.Episode
		want float64
	}{
		{"inverted_pendulum", task.Episode{}, 1}, {"inverted_pendulum", task.Episode{Terminated: true}, 0},
		{"cartpole", task.Episode{}, 1}, {"cartpole", task.Episode{Terminated: true}, 0},
		{"pointmass", task.Episode{Last: true, Achieved: 1}, 1}, {"pointmass", task.Episode{Achieved: 9}, 0},
		{"dclaw_turn", task.Episode{Last: true, Achieved: 1}, 1}, {"dclaw_turn", task.Episode{Achieved: 39}, 0},
		{"reacher7dof", task.Episode{Last: true, Achieved: 1}, 1}, {"reacher7dof", task.Episode{Achieved: 49}, 0},
		{"dkitty_orient", task.Episode{Last: true, Achieved: 1}, 1}, {"dkitty_orient", task.Episode{Last: true, Terminated: true}, 0},
		{"pen", task.Episode{Achieved: 21, Terminated: true}, 1}, {"pen", task.Episode{Achieved: 20, Last: true}, 0},
	}
	for _, c := range cases {
		one, err := Get(c.task)
		if err != nil {
			t.Fatal(err)
		}
		if got := one.Succeeded(c.e); got != c.want {
			t.Errorf("%s: %+v: success %v, want %v", c.task, c.e, got, c.want)
		}
	}
	for _, name := range []string{"hopper", "ant"} {
		one, err := Get(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := one.Succeeded(task.Episode{}); !math.IsNaN(got) {
			t.Errorf("%s: success %v, want NaN: it has none", name, got)
		}
	}
}
