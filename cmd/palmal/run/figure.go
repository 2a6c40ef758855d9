package run

import (
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/algo"
)

// Figure formats a number with four digits or all those before the point, and a comma between thousands.
func Figure(n algo.Number) string {
	x := float64(n)
	switch size := math.Abs(x); {
	case x != x:
		return "-"
	case size >= 999.95 && size < 1e12:
		return Thousands(int(math.Round(x)))
	}
	return fmt.Sprintf("%.4g", x)
}
