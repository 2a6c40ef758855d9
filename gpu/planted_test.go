//go:build cuda

package gpu

import (
	"os"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
)

// plantedThreads is two warps, so that a fault can lie between warps.
const plantedThreads = 64

// TestPlanted launches kernels that are wrong on purpose, for tools that must find them: run one of them under
// compute-sanitizer with PALMAL_PLANTED naming the fat binary of testdata/planted. A device alone may or may not
// notice, so its answer is logged only. The emulator must notice.
func TestPlanted(t *testing.T) {
	path := os.Getenv("PALMAL_PLANTED")
	if path == "" {
		t.Skip("PALMAL_PLANTED names no fat binary of planted faults")
	}
	image, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"race", "overrun", "divergence", "divergence_in_warp"} {
		t.Run(name, func(t *testing.T) {
			d, err := driver.Open(driver.Options{Image: string(image), Kernels: plantedKernels()})
			if err != nil {
				t.Fatal(err)
			}
			emulated := strings.HasPrefix(d.Properties.Name, "palmal emulator")
			right, err := launchPlanted(d, i)
			t.Logf("planted_%s: launched; numbers as without a fault: %v, error of the device: %v", name, right, err)
			if emulated && err == nil && right {
				t.Errorf("planted_%s went unnoticed on the emulator", name)
			}
			if err := d.Close(); err != nil {
				t.Logf("close: %v", err) // the failure of a launch stays with its context
			}
		})
	}
}

func plantedKernels() []string {
	return []string{"planted_race", "planted_overrun", "planted_divergence", "planted_divergence_in_warp"}
}

// launchPlanted runs one planted kernel on a buffer of one number per thread, and reports whether the first warp
// wrote what it would without the fault.
func launchPlanted(d *driver.Device, kernel int) (right bool, err error) {
	y := make([]float32, plantedThreads)
	err = d.Do(func(q *driver.Queue) {
		p := driver.Ptr[float32](q.Alloc(4 * plantedThreads))
		q.Launch(kernel, driver.Shape{Grid: driver.Dim{X: 1}, Block: driver.Dim{X: plantedThreads}, Shared: 4 * plantedThreads}, uint64(p))
		driver.Download(q, y, p)
	})
	want := [][2]float32{{plantedThreads - 1, -1}, {0, 1}, {1, 1}, {1, 1}}[kernel]
	right = true
	for i := range y[:plantedThreads/2] {
		right = right && y[i] == want[0]+want[1]*float32(i)
	}
	return right, err
}
