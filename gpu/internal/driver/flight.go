//go:build cuda

package driver

import (
	"fmt"
	"strings"
)

// told is how many kernels an error names.
const told = 5

// flight is what may still be running: how many kernels were launched, and the last of them. An error that shows at a
// wait is of one of these.
type flight struct {
	count int
	last  [told]string // number i is at i % told
}

func (f *flight) add(kernel string) {
	f.last[f.count%told] = kernel
	f.count++
}

// String lists for an error what was launched, the last first; it is empty where nothing was.
func (f flight) String() string {
	if f.count == 0 {
		return ""
	}
	var names []string
	for i := f.count - 1; i >= 0 && i >= f.count-told; i-- {
		names = append(names, f.last[i%told])
	}
	return fmt.Sprintf(" (%d kernels since the last wait, the last first: %s)", f.count, strings.Join(names, ", "))
}
