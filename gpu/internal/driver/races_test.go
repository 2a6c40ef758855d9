//go:build cuda

package driver

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// openRaces opens the emulator whose kernels report their accesses.
func openRaces(t *testing.T) *Device {
	t.Helper()
	d := open(t, false)
	if !strings.Contains(d.Properties.Name, "looking for races") {
		if os.Getenv("PALMAL_RACES_REQUIRED") != "" {
			t.Fatalf("%s does not look for races", d.Properties.Name)
		}
		t.Skip("NOT TESTED: this emulator does not look for races; make test-emulated runs one that does")
	}
	return d
}

// Every kind of race is found whatever the order of the threads, and reported with both lines. Only what orders memory
// separates two accesses: votes and shuffles do not.
func TestRacesAreFound(t *testing.T) {
	const both = `probe\.cu:\d+ without a barrier what was (read|written) by block \d+ (thread \d+|several threads) at probe\.cu:\d+`
	pair := Shape{Grid: Dim{X: 2}, Block: Dim{X: 32}, Cooperative: true}
	warps := Shape{Grid: Dim{X: 1}, Block: Dim{X: 64}, Shared: 256}
	for _, c := range []struct {
		kernel int
		shape  Shape
		want   string // "": no race
	}{
		{faultVote, warps, "writes at " + both},
		{probeVote, warps, ""},
		{faultShuffle, warps, "reads at " + both},
		{faultWarps, warps, "(reads|writes) at " + both},
		{faultRace, warps, "(reads|writes) at " + both},
		{faultSame, Line(32, 32), "writes at " + both},
		{faultNeighbours, pair, "(reads|writes) at " + both},
		{faultStale, pair, `reads at probe\.cu:\d+ without load_fresh what was written in this launch by block \d`},
		{probeRounds, pair, ""},
		{probeWarp, Line(32, 32), ""},
		{probeScale, warps, ""},
	} {
		t.Run(probes[c.kernel], func(t *testing.T) {
			d := openRaces(t)
			err := d.Do(func(q *Queue) {
				counter, x, y := q.Alloc(1024), q.Alloc(1024), q.Alloc(1024)
				Zero(q, Ptr[uint8](counter), 1024)
				Zero(q, Ptr[uint8](x), 1024)
				args := map[int][]uint64{probeRounds: {counter, x, y, 3}, faultStale: {counter, y}, probeWarp: {x, y, counter}, probeScale: {y, x, one, 64}}[c.kernel]
				if args == nil {
					args = []uint64{y}
				}
				q.Launch(c.kernel, c.shape, args...)
				q.Wait()
			})
			switch {
			case c.want == "" && err != nil:
				t.Errorf("a race where there is none: %v", err)
			case c.want != "" && (err == nil || !regexp.MustCompile(c.want).MatchString(err.Error()) || !strings.Contains(err.Error(), probes[c.kernel])):
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
