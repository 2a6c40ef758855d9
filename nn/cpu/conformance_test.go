package cpu

import (
	"testing"

	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
)

// gonumScale widens the bounds of the suite for gonum, which rounds every product and adds them in
// one chain, where OpenBLAS fuses and adds in several.
const gonumScale = 3

func TestConformance(t *testing.T) {
	for _, choice := range choices() {
		t.Run(choice, func(t *testing.T) {
			t.Setenv("PALMAL_BLAS", choice)
			config := nntest.Config{New: func(t nntest.TB) nn.Backend {
				b, err := New(Options{Workers: 2})
				if err != nil {
					t.Fatalf("%v", err)
				}
				return b
			}}
			if choice == "gonum" {
				config.Scale = gonumScale
			}
			nntest.Run(t, config)
		})
	}
}
