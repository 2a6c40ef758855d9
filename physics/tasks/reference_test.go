package tasks

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/palmal-rl/palmal/physics/task"
)

// reference is a task in plain Go, which its formulas are held to. Parameters are read by name.
type reference struct {
	terms    func(p func(string) float64, act, next []float64) []float64
	ends     func(p func(string) float64, next []float64) bool // nil: never
	achieved func(p func(string) float64, next []float64) bool // nil: there is none
	measures func(next []float64) []float64                    // those that can be averaged
	retarget func(obs, goal []float64)                         // nil: there is no goal
}

// The products of the reference are rounded before they are added on every processor, as those of formulas are.
func squaresOf(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v * v)
	}
	return sum
}

func product(x, y []float64) float64 {
	sum := 0.0
	for i := range x {
		sum += float64(x[i] * y[i])
	}
	return sum
}

func bonus(holds bool, size float64) float64 {
	if holds {
		return size
	}
	return 0
}

// references are the originals' rules for each task, see the sources that its file names.
func references() map[string]reference {
	return map[string]reference{
		"pointmass": {
			terms: func(p func(string) float64, act, next []float64) []float64 {
				return []float64{-math.Hypot(next[0]-next[4], next[1]-next[5]), -p("control_cost") * squaresOf(act)}
			},
			achieved: func(p func(string) float64, next []float64) bool {
				return math.Hypot(next[0]-next[4], next[1]-next[5]) < p("success_distance")
			},
			measures: func(next []float64) []float64 { return []float64{math.Hypot(next[0]-next[4], next[1]-next[5])} },
			retarget: func(obs, goal []float64) { copy(obs[4:6], goal[4:6]) },
		},
		"cartpole": {
			terms: func(func(string) float64, []float64, []float64) []float64 { return []float64{1} },
			ends: func(p func(string) float64, next []float64) bool {
				return !(math.Abs(next[1]) <= p("max_angle") && math.Abs(next[0]) <= p("max_position"))
			},
		},
		"inverted_pendulum": {
			terms: func(func(string) float64, []float64, []float64) []float64 { return []float64{1} },
			ends:  func(p func(string) float64, next []float64) bool { return !(math.Abs(next[1]) <= p("max_angle")) },
		},
		"hopper": {
			terms: func(p func(string) float64, act, next []float64) []float64 {
				return []float64{next[11], p("alive_bonus"), -p("control_cost") * squaresOf(act)}
			},
			ends: func(p func(string) float64, next []float64) bool {
				return !(next[0] > p("min_height") && math.Abs(next[1]) < p("max_pitch"))
			},
			measures: func(next []float64) []float64 { return []float64{next[0], next[1], next[11]} },
		},
		"ant": {
			terms: func(p func(string) float64, act, next []float64) []float64 {
				return []float64{next[27], -p("control_cost") * squaresOf(act), p("alive_bonus")}
			},
			ends: func(p func(string) float64, next []float64) bool {
				return !(next[0] >= p("min_height") && next[0] <= p("max_height"))
			},
			measures: func(next []float64) []float64 { return []float64{next[0], next[27]} },
		},
		"reacher7dof": reacherReference(), "dclaw_turn": clawReference(), "dkitty_orient": kittyReference(), "pen": penReference(),
	}
}

func reacherReference() reference {
	offset := func(p func(string) float64, next []float64) []float64 {
		d, most := make([]float64, 3), p("max_entry")
		for i := range d {
			d[i] = min(max(next[14+i], -most), most) - min(max(next[17+i], -most), most)
		}
		return d
	}
	distance := func(next []float64) float64 {
		return math.Sqrt(squaresOf([]float64{next[14] - next[17], next[15] - next[18], next[16] - next[19]}))
	}
	return reference{
		terms: func(p func(string) float64, _, next []float64) []float64 {
			d := offset(p, next)
			return []float64{-p("l1_cost") * (math.Abs(d[0]) + math.Abs(d[1]) + math.Abs(d[2])), -p("l2_cost") * math.Sqrt(squaresOf(d))}
		},
		achieved: func(p func(string) float64, next []float64) bool { return distance(next) < p("success_distance") },
		measures: func(next []float64) []float64 { return []float64{distance(next)} },
		retarget: func(obs, goal []float64) { copy(obs[17:20], goal[17:20]) },
	}
}

func clawReference() reference {
	const bend = 1.0471975511965976 // π/3 as NumPy computes it, one rounding below the nearest number
	return reference{
		terms: func(p func(string) float64, _, next []float64) []float64 {
			angles, rates := make([]float64, 9), make([]float64, 9)
			for i := range angles {
				angles[i] = next[i] - [3]float64{0, -bend, bend}[i%3]
				if v := next[9+i]; math.Abs(v) >= p("min_velocity") {
					rates[i] = v
				}
			}
			e := math.Abs(next[30])
			return []float64{-p("error_cost") * e, -p("pose_cost") * math.Sqrt(squaresOf(angles)), -p("velocity_cost") * math.Sqrt(squaresOf(rates)),
				bonus(e < p("near"), p("near_bonus")), bonus(e < p("success_angle"), p("success_bonus"))}
		},
		achieved: func(p func(string) float64, next []float64) bool { return math.Abs(next[30]) < p("success_angle") },
		measures: func(next []float64) []float64 { return []float64{math.Abs(next[30])} },
		retarget: func(obs, goal []float64) {
			turn := goal[30] + math.Atan2(goal[19], goal[18]) - math.Atan2(obs[19], obs[18])
			obs[30] = turn - float64(2*math.Pi*math.Floor((turn+math.Pi)/(2*math.Pi)))
		},
	}
}

func kittyReference() reference {
	angle := func(obs []float64) float64 {
		x, y, u, v := obs[49], obs[50], obs[51], obs[52]
		return math.Atan2(math.Abs(float64(x*v)-float64(y*u)), float64(x*u)+float64(y*v))
	}
	achieved := func(p func(string) float64, next []float64) bool {
		return next[48] > p("steady") && angle(next) < p("success_angle")
	}
	return reference{
		terms: func(p func(string) float64, _, next []float64) []float64 {
			upright := next[48]
			return []float64{p("upright_reward") * (upright - p("min_upright")) / (1 - p("min_upright")), bonus(upright < p("min_upright"), -p("fall_cost")),
				-p("error_cost") * angle(next), -p("distance_cost") * math.Sqrt(squaresOf(next[:3])),
				bonus(upright > p("steady") || angle(next) < p("near"), p("near_bonus")), bonus(achieved(p, next), p("success_bonus"))}
		},
		ends:     func(p func(string) float64, next []float64) bool { return next[48] < p("min_upright") },
		achieved: achieved,
		measures: func(next []float64) []float64 { return []float64{angle(next)} },
		retarget: func(obs, goal []float64) {
			x, y, u, v := goal[0], goal[1], goal[51], goal[52]
			along := float64(x*u) + float64(y*v)
			far := -along + math.Sqrt(max(0, float64(along*along)+1-float64(x*x)-float64(y*y)))
			dx, dy := x+float64(far*u)-obs[0], y+float64(far*v)-obs[1]
			length := math.Hypot(dx, dy)
			obs[51], obs[52] = dx/length, dy/length
		},
	}
}

func penReference() reference {
	distance := func(next []float64) float64 { return math.Sqrt(squaresOf(next[39:42])) }
	alignment := func(next []float64) float64 { return product(next[33:36], next[36:39]) }
	held := func(p func(string) float64, next []float64, cosine string) bool {
		return distance(next) < p("near") && alignment(next) > p(cosine)
	}
	return reference{
		terms: func(p func(string) float64, _, next []float64) []float64 {
			return []float64{-distance(next), alignment(next), bonus(held(p, next, "aligned"), p("aligned_bonus")),
				bonus(held(p, next, "well_aligned"), p("success_bonus")), bonus(next[26] < p("min_height"), -p("drop_cost"))}
		},
		ends:     func(p func(string) float64, next []float64) bool { return next[26] < p("min_height") },
		achieved: func(p func(string) float64, next []float64) bool { return held(p, next, "well_aligned") },
		measures: func(next []float64) []float64 { return []float64{alignment(next)} },
		retarget: func(obs, goal []float64) {
			for i := range 3 {
				obs[36+i] = goal[36+i]
				obs[42+i] = obs[33+i] - obs[36+i]
			}
		},
	}
}

// rows returns random rows of n numbers: normal ones, small ones of float32, such from a set in which thresholds,
// zeros and their neighbours are frequent, and some that are not finite.
func rows(g *rand.Rand, special []float64, kind, n int) []float64 {
	x := make([]float64, n)
	for k := range x {
		x[k] = g.NormFloat64()
		switch {
		case kind == 1:
			x[k] = float64(float32(0.2 * x[k]))
		case kind == 2:
			if x[k] = special[g.IntN(len(special))]; g.IntN(4) == 0 {
				x[k] = math.Nextafter(x[k], g.NormFloat64())
			}
		case kind == 3 && g.IntN(16) == 0:
			x[k] = [...]float64{math.Inf(1), math.Inf(-1), math.NaN(), 1e308, 5e-324}[g.IntN(5)]
		}
	}
	return x
}

func sameBits(x, y float64) bool {
	return math.Float64bits(x) == math.Float64bits(y) || x != x && y != y
}

// Rewards, terminations, successful steps, measures and other goals of every task have the bits of plain Go.
func TestFormulasHaveTheBitsOfPlainGo(t *testing.T) {
	for _, name := range Names() {
		one, err := Get(name)
		if err != nil {
			t.Fatal(err)
		}
		r, ok := references()[name]
		if !ok || (r.retarget != nil) != one.HasGoal() {
			t.Fatalf("%s: a reference: %v; a goal: %v", name, ok, one.HasGoal())
		}
		special := []float64{0, math.Copysign(0, -1), 1, -1, 0.5, math.Pi, -math.Pi, 1e9, 1e-9, 1e-200}
		for _, p := range one.Parameters {
			special = append(special, p.Value)
		}
		g, met := rand.New(rand.NewPCG(7, 11)), map[bool]int{}
		for i := range 8000 {
			o := len(one.Observation)
			obs, act, next := rows(g, special, i%4, o), rows(g, special, i%4, len(one.Action)), rows(g, special, i%4, o)
			compare(t, one, r, obs, act, next, met)
			if r.retarget != nil {
				got, want := slices.Clone(obs), slices.Clone(obs)
				one.Retarget(got, next)
				r.retarget(want, next)
				if !slices.EqualFunc(got, want, sameBits) {
					t.Fatalf("%s: retargeted %v, want %v of %v and %v", name, got, want, obs, next)
				}
			}
		}
		if r.ends != nil && (met[true] < 100 || met[false] < 100) {
			t.Errorf("%s: terminal states that were met: %v", name, met)
		}
	}
}

// compare counts the finite states that it met, by whether they are terminal.
func compare(t *testing.T, one *task.Task, r reference, obs, act, next []float64, met map[bool]int) {
	t.Helper()
	p := func(name string) float64 {
		i := slices.IndexFunc(one.Parameters, func(p task.Parameter) bool { return p.Name == name })
		return one.Parameters[i].Value
	}
	terms, measures := make([]float64, len(one.Terms)), make([]float64, len(one.MeasureNames()))
	one.Rewards(terms, obs, act, next)
	one.Measure(measures, next)
	if want := r.terms(p, act, next); !slices.EqualFunc(terms, want, sameBits) {
		t.Fatalf("%s: terms %v, want %v of %v and %v", one.Name, terms, want, act, next)
	}
	if r.measures != nil {
		if want := r.measures(next); !slices.EqualFunc(measures, want, sameBits) {
			t.Fatalf("%s: measures %v, want %v of %v", one.Name, measures, want, next)
		}
	}
	if got, want := one.Achieved(next), r.achieved != nil && r.achieved(p, next); got != want {
		t.Fatalf("%s: achieved %v, want %v in %v", one.Name, got, want, next)
	}
	if slices.ContainsFunc(next, func(x float64) bool { return x-x != 0 }) { // terminal whatever the formula says
		return
	}
	want := r.ends != nil && r.ends(p, next)
	if got := one.Terminated(next); got != want {
		t.Fatalf("%s: terminated %v, want %v in %v", one.Name, got, want, next)
	}
	met[want]++
}
