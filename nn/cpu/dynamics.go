package cpu

import (
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// dynamics is one step of an ensemble without its network: it makes the network's input from an
// observation and an action, and the next observation from the network's output.
type dynamics struct {
	model     *ensemble
	low, high []float32   // [A] the action box
	follow    []nn.Follow // [O]
	units     []nn.Span   // unit vectors with a predicted entry
	clamp     float32     // bound of the absolute value; 0: none
	spread    float32     // bound of the distance to the data's mean, in scales of the data; 0: none
	// least and most [O] are bounds of the entries; nil: none
	least, most []float32
}

// newDynamics takes the bounds on predictions from options.
func newDynamics(m *ensemble, task nn.Task, options nn.RolloutOptions) *dynamics {
	low, high := task.ActionBox()
	return &dynamics{model: m, low: nn.Rounded(low), high: nn.Rounded(high), clamp: float32(options.Clamp), spread: float32(options.ClampSpread),
		least: options.Low, most: options.High, follow: m.shape.Follow(m.out.scale), units: m.shape.Units(m.out.scale)}
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
		case f.Action >= 0:
			next[i] = clipped[f.Action]
		case !f.Predicted:
			next[i] = obs[i]
		default:
			x := obs[i] + (shift[i] + float32(scale[i]*out[i]))
			if f.Angle {
				x = wrap32(x)
			}
			next[i] = d.bounded(i, x)
		}
	}
	for _, unit := range d.units {
		rescale(next[unit.First:unit.End])
	}
}

// bounded keeps the prediction x of entry i within the bounds of the rollout.
func (d *dynamics) bounded(i int, x float32) float32 {
	if d.clamp > 0 {
		x = clampTo(x, d.clamp)
	}
	if d.spread > 0 {
		x = within(x, d.model.in.shift[i], float32(d.spread*d.model.in.scale[i]))
	}
	if d.least != nil {
		x = between(d.least[i], x, d.most[i])
	}
	return x
}

// reward is the learned reward, given the network's output.
func (d *dynamics) reward(out []float32) float32 {
	i := d.model.shape.Observation
	return d.model.out.shift[i] + float32(d.model.out.scale[i]*out[i])
}

// ends reports whether the ensemble ends the episode, given the network's output.
func (d *dynamics) ends(out []float32) bool {
	i := d.model.shape.TerminationOutput()
	return i >= 0 && d.model.predicts(i) && out[i] > 0
}

// within clamps x to centre ± most. A NaN stays.
func within(x, centre, most float32) float32 { return between(centre-most, x, centre+most) }

// between clamps x to [low, high]. A NaN stays.
func between(low, x, high float32) float32 {
	if x < low {
		return low
	}
	if x > high {
		return high
	}
	return x
}

// clampTo clamps x to ±bound. A NaN stays.
func clampTo(x, bound float32) float32 {
	if x > bound {
		return bound
	}
	if x < -bound {
		return -bound
	}
	return x
}

// slope adds the derivatives of a step by obs [O] and clipped [A], and writes those by the network's outputs [O],
// given those by the next observation, which it changes. before [O] is scratch memory.
func (d *dynamics) slope(dObs, dClipped, dOut, dNext, before, obs, clipped, out []float32) {
	shift, scale := d.model.out.shift, d.model.out.scale
	for i, f := range d.follow {
		before[i] = obs[i]
		if f.Predicted {
			if before[i] += shift[i] + float32(scale[i]*out[i]); f.Angle {
				before[i] = wrap32(before[i])
			}
		}
	}
	for _, unit := range d.units {
		d.unitSlope(dNext[unit.First:unit.End], before[unit.First:unit.End], unit.First)
	}
	for i, f := range d.follow {
		dOut[i] = 0
		switch {
		case f.Action >= 0:
			dClipped[f.Action] += dNext[i]
		case !f.Predicted:
			dObs[i] += dNext[i]
		case d.bounded(i, before[i]) == before[i]:
			dObs[i] += dNext[i]
			dOut[i] = scale[i] * dNext[i]
		}
	}
}

// unitSlope turns the derivatives by a vector of length 1 into those by the vector before it was scaled, whose
// entries from first on are before. With length ℓ and the scaled vector y they are (d - y·(yᵀd))/ℓ.
func (d *dynamics) unitSlope(slope, before []float32, first int) {
	square, along := 0.0, 0.0
	for i, x := range before {
		y := float64(d.kept(first+i, x))
		square += y * y
		along += y * float64(slope[i])
	}
	if square == 0 {
		return
	}
	length := math.Sqrt(square)
	for i, x := range before {
		slope[i] = float32((float64(slope[i]) - float64(d.kept(first+i, x))*along/square) / length)
	}
}

// kept is an entry after the bounds, which hold for predicted ones alone.
func (d *dynamics) kept(i int, x float32) float32 {
	if d.follow[i].Predicted {
		return d.bounded(i, x)
	}
	return x
}

// rescale scales a vector to length 1; a vector of length 0 stays.
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

// belowPi is the largest float32 below π: rounding to float32 must not leave [-π, π).
const belowPi = 3.1415925

func wrap32(x float32) float32 { return clampTo(float32(nn.WrapAngle(float64(x))), belowPi) }

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
