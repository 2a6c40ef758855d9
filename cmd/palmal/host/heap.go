package host

import (
	"math"
	"os"
	"runtime/debug"
)

// HoldHeap makes the garbage collector work harder before the heap reaches the limit. By default the heap
// may grow to twice its live size, beyond a limit that would kill the process. It changes no result. A
// user's own GOMEMLIMIT stays.
func HoldHeap(least Limit) {
	const share = 0.8 // share of the limit; the rest is for code, C libraries and pages of files
	if least.Bytes > 0 && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(int64(math.Min(share*float64(least.Bytes), math.MaxInt64/2)))
	}
}
