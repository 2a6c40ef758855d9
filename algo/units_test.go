package algo_test

import (
	"context"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/physics"
)

// unitScale is a power of two: scaling by it loses no bit.
const unitScale = 1024

// otherUnits is a world and its task with observations in other units.
type otherUnits struct {
	*physics.World
	nn.Task
}

func (o otherUnits) Sample(ctx context.Context, seed, first uint64, newActor func() algo.ActFunc, keep algo.KeepFunc) error {
	scaled := func() algo.ActFunc {
		act := newActor()
		var seen []float32
		return func(episode uint64, t int, obs, action []float32) {
			seen = append(seen[:0], obs...)
			for i := range seen {
				seen[i] *= unitScale
			}
			act(episode, t, seen, action)
		}
	}
	return o.World.Sample(ctx, seed, first, scaled, func(e algo.Episode) bool {
		e.Observations = append([]float32(nil), e.Observations...)
		for i := range e.Observations {
			e.Observations[i] *= unitScale
		}
		return keep(e)
	})
}

func unscaled(row []float64) []float64 {
	out := make([]float64, len(row))
	for i, x := range row {
		out[i] = x / unitScale
	}
	return out
}

func (o otherUnits) Rewards(terms, obs, act, next []float64) {
	o.Task.Rewards(terms, unscaled(obs), act, unscaled(next))
}

func (o otherUnits) Terminated(next []float64) bool { return o.Task.Terminated(unscaled(next)) }

// Nothing depends, with observations normalised and bounds in the spread of the data, on the units that a
// task's author chose: metres or millimetres.
func TestUnitsOfObservationsDoNotMatter(t *testing.T) {
	c := tiny(t, algo.PAL)
	c.Policy.Normalise, c.Value.Normalise, c.Value.Clip = true, true, 5
	c.NPG.Clamp, c.NPG.ClampSpread, c.Model.Shift, c.Policy.OutputScale = 0, 3, true, 0
	world := openWorld(t, "cartpole", c, 1)
	other := otherUnits{openWorld(t, "cartpole", c, 1), world.Task()}
	one, two := newGame(t, c, cpuBackend(t), 1), newGameOf(t, other, other, c, cpuBackend(t))
	for range 3 {
		if a, b := record(t, one), record(t, two); a != b {
			t.Fatalf("in its own units\n%s\nin others\n%s", a, b)
		}
	}
	c.NPG.Clamp, c.NPG.ClampSpread = 10, 0
	one, two = newGame(t, c, cpuBackend(t), 1), newGameOf(t, other, other, c, cpuBackend(t))
	if record(t, one) == record(t, two) {
		t.Error("a bound in the task's units changes nothing: the test shows nothing")
	}
}

// The first action explores by the same share of a small box and of a large one.
func TestRelativeStdFollowsTheActionBox(t *testing.T) {
	for _, relative := range []bool{true, false} {
		c := tiny(t, algo.PAL)
		c.Policy.RelativeStd, c.Policy.InitialLogStd, c.Policy.MinLogStd = relative, -1, -3
		var first []float64
		for _, half := range []float64{1, 100} {
			world := openWorld(t, "cartpole", c, 1)
			g := newGameOf(t, world, wide{world.Task(), half}, c, cpuBackend(t))
			snapshot, err := g.Save()
			if err != nil {
				t.Fatal(err)
			}
			theta, err := snapshot.Groups[algo.GroupPolicy].Float32s(nn.StateParameters, 26)
			if err != nil {
				t.Fatal(err)
			}
			first = append(first, float64(theta[25]))
		}
		// ln 100 = 4.605.
		if grown := first[1] - first[0]; relative != (grown > 4.6 && grown < 4.61) || !relative && grown != 0 {
			t.Errorf("relative %v: log σ %v in boxes of ±1 and ±100", relative, first)
		}
	}
}

// wide is a task with another action box.
type wide struct {
	nn.Task
	half float64
}

func (w wide) ActionBox() (low, high []float64) { return []float64{-w.half}, []float64{w.half} }
