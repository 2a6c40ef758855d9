package cpu

import (
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// dynamics is one step of an ensemble around its network: from an observation and an action to the
// network's input, and from its output to the next observation.
type dynamics struct {
	model     *ensemble
	low, high []float32 // [A] the action box
	follow    []follow  // [O]
	units     []span    // unit vectors of which an entry is predicted
	clamp     float32   // 0: none
	spread    float32   // bound on the distance to the data's mean, in its scales; 0: none
}

// follow says how one entry of the next observation comes about.
type follow struct {
	predicted bool
	angle     bool
	action    int // of which this entry holds the last; -1: none
}

// span is a run of entries [first, end).
type span struct{ first, end int }

func newDynamics(m *ensemble, task nn.Task, clamp float64) *dynamics {
	low, high := task.ActionBox()
	d := &dynamics{model: m, low: narrow(low), high: narrow(high), clamp: float32(clamp)}
	actions := 0
	for i, kind := range m.shape.Kinds {
		f := follow{predicted: m.predicts(i), angle: kind == nn.KindAngle, action: -1}
		if kind == nn.KindLastAction {
			f.action = actions
			actions++
		}
		d.follow = append(d.follow, f)
	}
	d.findUnits()
	return d
}

// findUnits lists the unit vectors. One that never changed in the data stays as it is.
func (d *dynamics) findUnits() {
	kinds := d.model.shape.Kinds
	for first := 0; first < len(kinds); first++ {
		end, predicted := first, false
		for ; end < len(kinds) && kinds[end] == nn.KindUnit; end++ {
			predicted = predicted || d.follow[end].predicted
		}
		if predicted {
			d.units = append(d.units, span{first, end})
		}
		first = max(first, end)
	}
}

func narrow(wide []float64) []float32 {
	numbers := make([]float32, len(wide))
	for i, x := range wide {
		numbers[i] = float32(x)
	}
	return numbers
}

// clip bounds an action to the box. A NaN stays.
func (d *dynamics) clip(clipped, action []float32) {
	for i, a := range action {
		if a < d.low[i] {
			a = d.low[i]
		}
		if a > d.high[i] {
			a = d.high[i]
		}
		clipped[i] = a
	}
}

// input writes the network's input [O+A] for an observation and a clipped action.
func (d *dynamics) input(x, obs, clipped []float32) {
	in, n := &d.model.in, len(obs)
	normalise(x[:n], obs, in.shift[:n], in.scale)
	normalise(x[n:], clipped, in.shift[n:], in.scale[n:])
}

// next writes the next observation [O] given the network's output.
func (d *dynamics) next(next, obs, clipped, out []float32) {
	shift, scale := d.model.out.shift, d.model.out.scale
	for i, f := range d.follow {
		switch {
		case f.action >= 0:
			next[i] = clipped[f.action]
		case !f.predicted:
			next[i] = obs[i]
		default:
			x := obs[i] + (shift[i] + float32(scale[i]*out[i]))
			if f.angle {
				x = wrap32(x)
			}
			if d.clamp > 0 {
				x = clampTo(x, d.clamp)
			}
			if d.spread > 0 {
				x = within(x, d.model.in.shift[i], float32(d.spread*d.model.in.scale[i]))
			}
			next[i] = x
		}
	}
	for _, unit := range d.units {
		rescale(next[unit.first:unit.end])
	}
}

// reward is the learned reward, given the network's output.
func (d *dynamics) reward(out []float32) float32 {
	i := d.model.shape.Observation
	return d.model.out.shift[i] + float32(d.model.out.scale[i]*out[i])
}

// within keeps x within most of a centre. A NaN stays.
func within(x, centre, most float32) float32 {
	if low := centre - most; x < low {
		return low
	}
	if high := centre + most; x > high {
		return high
	}
	return x
}

// clampTo keeps x within ±bound. A NaN stays.
func clampTo(x, bound float32) float32 {
	if x > bound {
		return bound
	}
	if x < -bound {
		return -bound
	}
	return x
}

// rescale brings a vector to length 1; one of length 0 stays.
func rescale(x []float32) {
	square := 0.0
	for _, e := range x {
		square += float64(e) * float64(e)
	}
	if square == 0 {
		return
	}
	length := math.Sqrt(square)
	for i, e := range x {
		x[i] = float32(float64(e) / length)
	}
}

// wrap brings an angle to [-π, π).
func wrap(x float64) float64 {
	if x >= -math.Pi && x < math.Pi {
		return x
	}
	x -= 2 * math.Pi * math.Floor((x+math.Pi)/(2*math.Pi))
	if x >= math.Pi { // the subtraction was rounded up
		return -math.Pi
	}
	return x
}

// belowPi is the largest float32 below π: rounding to float32 must not leave [-π, π).
const belowPi = 3.1415925

func wrap32(x float32) float32 { return clampTo(float32(wrap(float64(x))), belowPi) }

// clipRows clips actions [rows,A].
func (d *dynamics) clipRows(clipped, actions []float32) {
	width := len(d.low)
	for at := 0; at < len(actions); at += width {
		d.clip(clipped[at:at+width], actions[at:at+width])
	}
}

// inputRows writes inputs [rows,O+A].
func (d *dynamics) inputRows(x, obs, clipped []float32, rows int) {
	observation, action := len(d.follow), len(d.low)
	width := observation + action
	for row := range rows {
		d.input(x[row*width:(row+1)*width],
			obs[row*observation:(row+1)*observation], clipped[row*action:(row+1)*action])
	}
}

// checkFinite refuses a NaN or an infinity.
func checkFinite(what string, x []float32) error {
	for i, e := range x {
		if e-e != 0 {
			return fmt.Errorf("%s %d is %g: %w", what, i, e, nn.ErrDiverged)
		}
	}
	return nil
}
