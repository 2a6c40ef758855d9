//go:build cuda

package gpu

import (
	"testing"

	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
)

// open opens a strict backend: arrays start as NaN, none is reused, and writes past an end are found.
// Without a device, real or emulated, the test is skipped, and says so.
func open(t nntest.TB) *Backend {
	if err := Available(); err != nil {
		if s, ok := t.(interface{ Skipf(string, ...any) }); ok {
			s.Skipf("NOT TESTED: no CUDA device, and no emulator on LD_LIBRARY_PATH (make test-emulated): %v", err)
		}
		t.Fatalf("%v", err)
	}
	b, err := Open(Options{Strict: true})
	if err != nil {
		t.Fatalf("%v", err)
	}
	return b
}

func suite() nntest.Config {
	return nntest.Config{New: func(t nntest.TB) nn.Backend { return open(t) }, Small: true}
}

func TestConformance(t *testing.T) { nntest.Run(t, suite()) }
