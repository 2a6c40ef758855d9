//go:build cuda

package driver

import (
	"fmt"
	"strings"
)

// named is the number of kernels that an error names.
const named = 5

// flight records the kernels that may still be running: their number and the names of the last ones. One of them
// caused an error that shows at a wait.
type flight struct {
	count int
	last  [named]string // kernel i is at i % named
}

func (f *flight) add(kernel string) {
	f.last[f.count%named] = kernel
	f.count++
}

// String lists the launched kernels for an error, the last first; "" if there are none.
func (f flight) String() string {
	if f.count == 0 {
		return ""
	}
	var names []string
	for i := f.count - 1; i >= 0 && i >= f.count-named; i-- {
		names = append(names, f.last[i%named])
	}
	return fmt.Sprintf(" (%d kernels since the last wait, the last first: %s)", f.count, strings.Join(names, ", "))
}
