//go:build cuda

package algo_test

import (
	"context"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/gpu"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/cpu"
)

func TestProbe(t *testing.T) {
	c := tiny(t, algo.PAL)
	var bs []nn.Backend
	b, err := gpu.Open(gpu.Options{})
	if err != nil {
		t.Skip(err)
	}
	h, _ := cpu.New(cpu.Options{Workers: 1})
	bs = append(bs, h, b)
	for _, x := range bs {
		g := newGame(t, c, x, 1)
		for range 3 {
			r, err := g.Iterate(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s %+v", x.Name(), r)
		}
	}
}
