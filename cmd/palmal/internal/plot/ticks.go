package plot

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// ticks labels an axis at about six round numbers, thousands written as k.
type ticks struct{}

// Ticks places and labels the ticks of an axis.
func (ticks) Ticks(low, high float64) []plot.Tick {
	step := roundStep((high - low) / 6)
	var marks []plot.Tick
	for i := math.Ceil(low / step); i*step <= high; i++ {
		value := i*step + 0 // not −0
		marks = append(marks, plot.Tick{Value: value, Label: short(value, max(math.Abs(low), math.Abs(high)))})
	}
	return marks
}

// roundStep is the smallest of 1, 2, 2.5, 5 times a power of ten that is not below x.
func roundStep(x float64) float64 {
	if !(x > 0) || math.IsInf(x, 0) {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(x)))
	for _, digit := range []float64{1, 2, 2.5, 5} {
		if digit*power >= x {
			return digit * power
		}
	}
	return 10 * power
}

// short writes 20000 as 20k on an axis that reaches 10000.
func short(x, most float64) string {
	if most >= 10_000 && x != 0 {
		return strconv.FormatFloat(x/1000, 'g', 6, 64) + "k"
	}
	return strconv.FormatFloat(x, 'g', 6, 64)
}
