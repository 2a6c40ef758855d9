//go:build cuda

package driver

import (
	"errors"
	"math"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// The kernels of testdata/probe.cu, which make test-emulated builds into a separate emulator.
const (
	probeScale = iota
	probeRounds
	probeWarp
	faultRace
	faultPastEnd
	faultBeforeStart
	faultShared
	faultAligned
	faultBarriers
	faultEarlyEnd
	faultLanes
	faultBlocks
	faultStack
	faultVote
	probeVote
	faultShuffle
	faultWarps
	faultSame
	faultNeighbours
	faultStale
)

var probes = []string{"probe_scale", "probe_rounds", "probe_warp", "fault_race", "fault_past_end", "fault_before_start", "fault_shared", "fault_aligned",
	"fault_barriers", "fault_early_end", "fault_lanes", "fault_blocks", "fault_stack",
	"fault_vote", "probe_vote", "fault_shuffle", "fault_warps", "fault_same", "fault_neighbours", "fault_stale"}

// open opens the emulator that holds the probes, or skips.
func open(t *testing.T, sync bool) *Device {
	t.Helper()
	if err := Available(""); err != nil {
		t.Skip(err)
	}
	d, err := Open(Options{Image: "none", Kernels: probes, Sync: sync})
	if err != nil {
		t.Skipf("no emulator with the probes: %v", err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil && !t.Failed() {
			var failure *Error
			if !errors.As(err, &failure) || failure.Code != launchFailed {
				t.Error(err)
			}
		}
	})
	return d
}

const launchFailed = 719 // CUDA_ERROR_LAUNCH_FAILED: the failure of a launch stays with its context

func TestLaunchCopiesAndScales(t *testing.T) {
	d := open(t, true)
	const n = 1000
	x, y := make([]float32, n), make([]float32, n)
	for i := range x {
		x[i] = float32(i)
	}
	err := d.Do(func(q *Queue) {
		px, py := Ptr[float32](q.Alloc(4*n)), Ptr[float32](q.Alloc(4*n))
		Upload(q, px, x)
		// 100 KB of shared memory: more than a kernel has without opting in.
		q.Launch(probeScale, Shape{Grid: Dim{X: 4}, Block: Dim{X: 256}, Shared: 100 << 10}, uint64(py), uint64(px), math.Float64bits(2), n)
		Download(q, y, py)
		q.Free(uint64(px))
		q.Free(uint64(py))
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range y {
		if y[i] != 2*x[i] {
			t.Fatalf("y[%d] = %g, want %g", i, y[i], 2*x[i])
		}
	}
	times, err := d.Timings()
	if err != nil || len(times) != 1 || times[0].Kernel != "probe_scale" || times[0].Launches != 1 || times[0].Total <= 0 {
		t.Errorf("timings %+v, %v", times, err)
	}
}

func TestBlocksMeet(t *testing.T) {
	d := open(t, false)
	const rounds = 5
	var seen []int32
	blocks := 0
	err := d.Do(func(q *Queue) {
		shape := Shape{Block: Dim{X: 64}, Cooperative: true}
		blocks = min(q.Resident(probeRounds, shape), 8)
		shape.Grid.X = blocks
		seen = make([]int32, blocks)
		counter, slots, out := Ptr[uint32](q.Alloc(4)), Ptr[int32](q.Alloc(int64(4*blocks))), Ptr[int32](q.Alloc(int64(4*blocks)))
		Zero(q, counter, 1)
		q.Launch(probeRounds, shape, uint64(counter), uint64(slots), uint64(out), rounds)
		Download(q, seen, out)
	})
	if err != nil {
		t.Fatal(err)
	}
	for b, s := range seen {
		if int(s) != rounds*blocks {
			t.Errorf("block %d saw %d writes, want %d", b, s, rounds*blocks)
		}
	}
}

func TestWarpCollectives(t *testing.T) {
	d := open(t, false)
	sum, prefix, odd := make([]int64, 32), make([]int64, 32), make([]uint32, 32)
	err := d.Do(func(q *Queue) {
		s, p, o := Ptr[int64](q.Alloc(256)), Ptr[int64](q.Alloc(256)), Ptr[uint32](q.Alloc(128))
		q.Launch(probeWarp, Line(32, 32), uint64(s), uint64(p), uint64(o))
		Download(q, sum, s)
		Download(q, prefix, p)
		Download(q, odd, o)
	})
	if err != nil {
		t.Fatal(err)
	}
	for l := range sum {
		if sum[l] != 496 || prefix[l] != int64(l*(l+1)/2) || odd[l] != 0xaaaaaaaa {
			t.Fatalf("lane %d: sum %d, prefix %d, odd %x", l, sum[l], prefix[l], odd[l])
		}
	}
}

// The emulator finds what it must find, and its message has the kernel's name.
func TestFaultsAreFound(t *testing.T) {
	for _, c := range []struct {
		kernel int
		shape  Shape
		want   string
	}{
		{faultPastEnd, Line(32, 32), "wrote 0 bytes past the end of an allocation of 64 bytes"},
		{faultBeforeStart, Line(32, 32), "bytes before an allocation of 64 bytes"},
		{faultShared, Shape{Grid: Dim{X: 1}, Block: Dim{X: 32}, Shared: 128}, "past the end of its 128 bytes of shared memory"},
		{faultAligned, Line(4, 32), `at probe.cu:\d+ is not a multiple of 8 bytes`},
		{faultBarriers, Line(64, 64), "while others wait at probe.cu:"},
		{faultEarlyEnd, Line(64, 64), "threads that have ended|ends while others wait at probe.cu:"},
		{faultLanes, Line(32, 32), "lanes of its warp are in probe.cu:|for lanes that have ended"},
		{faultBlocks, Shape{Grid: Dim{X: 2}, Block: Dim{X: 32}, Cooperative: true}, "for blocks that never arrive"},
		{faultBlocks, Line(64, 32), "not cooperative"},
		{faultStack, Line(32, 32), "bytes of stack"},
		{probeRounds, Shape{Grid: Dim{X: 4096}, Block: Dim{X: 32}, Cooperative: true}, "COOPERATIVE_LAUNCH_TOO_LARGE"},
		{probeScale, Line(512, 512), "__launch_bounds__"},
		{probeScale, Line(16, 16), "whole warps"},
		{probeWarp, Line(32, 32), "arguments of the wrong size"},
		{probeScale, Shape{Grid: Dim{X: 1}, Block: Dim{X: 32}, Shared: 1 << 20}, "this device has"},
	} {
		t.Run(probes[c.kernel]+" "+c.want, func(t *testing.T) {
			d := open(t, false)
			err := d.Do(func(q *Queue) {
				p := q.Alloc(64)
				Zero(q, Ptr[uint8](p), 64)
				args := map[int][]uint64{faultPastEnd: {p, 16}, probeRounds: {p, p, p, 1}, probeScale: {p, p, 0, 1}}[c.kernel]
				if args == nil {
					args = []uint64{p}
				}
				q.Launch(c.kernel, c.shape, args...)
				q.Wait()
			})
			if err == nil || !regexp.MustCompile(c.want).MatchString(err.Error()) || !strings.Contains(err.Error(), probes[c.kernel]) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// Shared memory starts as NaN, so a read before the write that it needs shows.
func TestMissingBarrierShows(t *testing.T) {
	d := open(t, false)
	y := make([]float32, 64)
	err := d.Do(func(q *Queue) {
		p := Ptr[float32](q.Alloc(256))
		q.Launch(faultRace, Shape{Grid: Dim{X: 1}, Block: Dim{X: 64}, Shared: 256}, uint64(p))
		Download(q, y, p)
	})
	if err != nil && strings.Contains(err.Error(), "without a barrier") {
		return // an emulator that looks for races says so at once
	}
	if err != nil {
		t.Fatal(err)
	}
	wrong := 0
	for i := range y {
		if y[i] != float32(63-i) {
			wrong++
		}
	}
	if wrong == 0 {
		t.Error("a race went unnoticed")
	}
}

func TestMemoryStartsAsNaNAndEnds(t *testing.T) {
	d := open(t, false)
	y := make([]float32, 4)
	err := d.Do(func(q *Queue) { Download(q, y, Ptr[float32](q.Alloc(16))) })
	if err != nil || y[0] == y[0] || y[3] == y[3] {
		t.Errorf("fresh memory %v, %v", y, err)
	}
	if err := d.Do(func(q *Queue) { q.Alloc(1 << 40) }); !errors.Is(err, nn.ErrMemory) {
		t.Errorf("a TiB: %v, want %v", err, nn.ErrMemory)
	}
	if err := d.Do(func(q *Queue) { Download(q, make([]float32, 8), Ptr[float32](q.Alloc(16))) }); err == nil {
		t.Error("a copy past the end of an allocation passed")
	}
}

func TestJobsNestAndFailuresStick(t *testing.T) {
	d := open(t, false)
	outer := d.Do(func(q *Queue) {
		if err := d.Do(func(inner *Queue) { inner.Fail(errClosed) }); !errors.Is(err, errClosed) {
			t.Errorf("inner job: %v", err)
		}
		q.Launch(probeWarp, Line(32, 32)) // does nothing after a failure, or it would be refused
	})
	if !errors.Is(outer, errClosed) {
		t.Errorf("outer job: %v", outer)
	}
	if err := d.Do(func(q *Queue) {
		if err := q.Try(func() { q.Alloc(1 << 40) }); err == nil {
			t.Error("a TiB was there")
		}
	}); err != nil {
		t.Errorf("a tried failure stuck: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if err := d.Do(func(*Queue) {}); !errors.Is(err, errClosed) {
		t.Errorf("a job for a closed device: %v", err)
	}
}

func TestPinnedMemoryAndEvents(t *testing.T) {
	d := open(t, false)
	err := d.Do(func(q *Queue) {
		host := Pinned[float32](q, 100)
		p := Ptr[float32](q.Alloc(400))
		took := q.Measure(func() {
			Zero(q, p, 100)
			Download(q, host, p)
		})
		if q.Err() == nil && (took <= 0 || host[99] != 0) {
			t.Errorf("took %v, last value %g", took, host[99])
		}
		Unpin(q, host)
	})
	if err != nil {
		t.Error(err)
	}
}

// A program without a device gets that as an error of one line and continues.
func TestNoDeviceIsAnError(t *testing.T) {
	if os.Getenv("PALMAL_EMU_DEVICES") == "0" {
		_, err := Open(Options{})
		if err == nil || err.Error() != "the NVIDIA driver finds no device" || Available("") == nil {
			t.Errorf("without a device: %v", err)
		}
		return
	}
	open(t, false) // only the emulator knows the variable
	child := exec.Command(os.Args[0], "-test.run=^TestNoDeviceIsAnError$")
	child.Env = append(os.Environ(), "PALMAL_EMU_DEVICES=0")
	if out, err := child.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
