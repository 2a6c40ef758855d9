package algo_test

import (
	"context"
	"math"
	"reflect"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn/nntest"
)

// Offline, an iteration collects nothing: its fit is the refit of the snapshot before it. The run's first fit is the first
// one of new networks.
func TestARefitIsTheNextFitOfAGameThatCollectsNothing(t *testing.T) {
	c := tiny(t, algo.PAL)
	c.Samples, c.OfflineIterations, c.Evaluation.Every, c.Evaluation.StopAt = 0, 2, 0, math.Inf(1)
	c.Model.HoldOut, c.Model.FirstFit = 0.2, 3
	world := openWorld(t, "cartpole", c, 1)
	data := played(t, world, 30)
	g, err := algo.New(c, nntest.Reference(), world, world.Task(), algo.Options{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	iterate := func() algo.ModelRecord {
		record, err := g.Iterate(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return record.Model
	}
	first := iterate()
	snapshot, err := g.Save()
	if err != nil {
		t.Fatal(err)
	}
	next := iterate()
	for _, one := range []struct {
		fresh bool
		want  algo.ModelRecord
	}{{false, next}, {true, first}, {false, next}} { // the same again: a refit leaves the snapshot as it was
		got, err := algo.Refit(c, nntest.Reference(), world.Task(), data, snapshot, one.fresh)
		if err != nil {
			t.Fatal(err)
		}
		if got.Steps == 0 || got.Held == nil || got.Rows != one.want.Rows || got.Steps != one.want.Steps || got.LossFirst != one.want.LossFirst ||
			got.LossLast != one.want.LossLast || !reflect.DeepEqual(got.Held, one.want.Held) {
			t.Errorf("new networks %t: %+v, want %+v", one.fresh, got, one.want)
		}
	}
	if first.Steps == next.Steps || first.Held.Loss == next.Held.Loss {
		t.Errorf("the first fit, %+v, cannot be told from the second, %+v", first, next)
	}
	better := c
	better.Model.LearningRate *= 3
	if got, err := algo.Refit(better, nntest.Reference(), world.Task(), data, snapshot, false); err != nil || got.LossLast == next.LossLast {
		t.Errorf("another rate changes nothing: %+v, error %v", got, err)
	}
}
