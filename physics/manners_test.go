package physics

import (
	"math"
	"testing"
)

// NumPy's mod(x + π, 2π) − π.
func TestWrap(t *testing.T) {
	for _, c := range [][2]float64{{0, 0}, {math.Pi, -math.Pi}, {-math.Pi, -math.Pi}, {4, 4 - 2*math.Pi}, {-4, 2*math.Pi - 4}, {20, 20 - 6*math.Pi}, {-20, 6*math.Pi - 20}} {
		if got := wrap(c[0]); !within(got, c[1], 1e-14) { // roundings of numbers up to 20
			t.Errorf("%v: %v, want %v", c[0], got, c[1])
		}
	}
}

// Targets keep to the joint's range, and to what it can turn in a step.
func TestServoTargets(t *testing.T) {
	s := newServos([][2]float64{{-0.5, 0.279}, {0, math.Pi / 2}}, math.Pi, 0.1)
	for _, c := range []struct{ action, at, want [2]float64 }{
		{[2]float64{0, 0}, [2]float64{-0.1105, math.Pi / 4}, [2]float64{-0.1105, math.Pi / 4}},
		{[2]float64{1, 1}, [2]float64{0.1, 1.5}, [2]float64{0.279, math.Pi / 2}},
		{[2]float64{-1, 1}, [2]float64{0.2, 0}, [2]float64{0.2 - 0.1*math.Pi, 0.1 * math.Pi}},
	} {
		var ctrl [2]float64
		s.targets(c.action[:], c.at[:], []*float64{&ctrl[0], &ctrl[1]})
		if !within(ctrl[0], c.want[0], 1e-7) || !within(ctrl[1], c.want[1], 1e-7) { // constants are float32
			t.Errorf("%+v: targets %v", c, ctrl)
		}
	}
	// the constants as float32 arithmetic makes them, which recordings depend on; the
	// first is not the float32 nearest to -0.1105
	if s.centre[0] != -0.11049999296665192 || s.half[1] != 0.7853981852531433 || s.speed != 3.1415927410125732 {
		t.Errorf("centre %v, half range %v, speed %v", s.centre[0], s.half[1], s.speed)
	}
}

// The matrix of rotations about x, then the new y, then the new z.
func TestEulerAngles(t *testing.T) {
	for _, want := range [][3]float64{{0, 0, 0}, {0.3, -0.4, 2}, {-3, 1.5, -3}, {0, 0, -1.2}} {
		sx, cx := math.Sincos(want[0])
		sy, cy := math.Sincos(want[1])
		sz, cz := math.Sincos(want[2])
		matrix := []float64{
			cy * cz, -cy * sz, sy,
			sx*sy*cz + cx*sz, -sx*sy*sz + cx*cz, -sx * cy,
			-cx*sy*cz + sx*sz, cx*sy*sz + sx*cz, cx * cy,
		}
		var got [3]float64
		eulerXYZ(got[:], matrix)
		for i := range got {
			if !within(got[i], want[i], 1e-14) { // cos 1.5 = 0.07 takes a digit
				t.Errorf("%v: %v", want, got)
			}
		}
	}
}

// The target's axis is its turned z, and the quaternion a unit one.
func TestPenTarget(t *testing.T) {
	for _, e := range [][2]float64{{0, 0}, {0.7, -0.3}, {-1, 1}} {
		var q [4]float64
		var axis [3]float64
		aimPen(q[:], axis[:], e[0], e[1])
		w, x, y, z := q[0], q[1], q[2], q[3]
		turned := [3]float64{2 * (x*z + w*y), 2 * (y*z - w*x), 1 - 2*(x*x+y*y)}
		for i := range axis {
			if !within(axis[i], turned[i], 1e-15) {
				t.Errorf("%v: axis %v, of the quaternion %v", e, axis, turned)
			}
		}
	}
}
