package run

import (
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/algo"
)

// Figure shows a number by the digits that one wants to know: four of them, all those before the point,
// thousands apart.
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
