//go:build cuda

package bench

import (
	"testing"

	"github.com/palmal-rl/palmal/gpu"
)

// TestEveryStageIsTimedOnTheDevice: few rows, starts and steps, since the widths stay what they are.
func TestEveryStageIsTimedOnTheDevice(t *testing.T) {
	if err := gpu.Available(); err != nil {
		t.Skipf("NOT TESTED: no CUDA device, and no emulator on LD_LIBRARY_PATH (make test-emulated): %v", err)
	}
	backend, err := gpu.Open(gpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	timeEvery(t, Options{Backend: backend, ChunkRows: gpu.ChunkRows, Sizes: AllSizes()[0], Repeat: 2, Probe: 1, Steady: true,
		Work: Work{Rows: 8, FitSteps: 1, NPGSteps: 1, Starts: 2, Horizon: 3}})
}
