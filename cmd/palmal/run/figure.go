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

// Mebibytes writes a size for people.
func Mebibytes(bytes int64) string {
	if bytes >= 10<<30 {
		return fmt.Sprintf("%.0f GiB", float64(bytes)/(1<<30))
	}
	return fmt.Sprintf("%.0f MiB", float64(bytes)/(1<<20))
}
