package cpu

import (
	"testing"

	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
)

func TestConformance(t *testing.T) {
	nntest.Run(t, nntest.Config{New: func(t nntest.TB) nn.Backend {
		b, err := New(Options{Workers: 2})
		if err != nil {
			t.Fatalf("%v", err)
		}
		return b
	}})
}
