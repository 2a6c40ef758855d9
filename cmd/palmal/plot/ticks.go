package plot

import (
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
)

// mostTicks is the number of labelled ticks on an axis.
const mostTicks = 8

// ticks labels an axis at about six round numbers, thousands written as k, millions as M.
type ticks struct{}

// Ticks places and labels the ticks of an axis.
func (ticks) Ticks(low, high float64) []plot.Tick {
	step := roundStep((high - low) / 6)
	first := math.Ceil(low / step)
	var marks []plot.Tick
	for i := range mostTicks {
		value := (first+float64(i))*step + 0 // not −0
		if !(value <= high) {
			break
		}
		marks = append(marks, plot.Tick{Value: value, Label: short(value, max(math.Abs(low), math.Abs(high)), step)})
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

// short writes a tick with enough digits to distinguish it from its neighbour, 20000 as 20k on an axis
// that reaches 10000.
func short(x, most, step float64) string {
	unit, name := 1.0, ""
	switch {
	case x == 0:
		return "0"
	case most >= 10_000_000:
		unit, name = 1_000_000, "M"
	case most >= 10_000:
		unit, name = 1000, "k"
	}
	digits := max(0, 1-int(math.Floor(math.Log10(step/unit))))
	text := strconv.FormatFloat(x/unit, 'f', min(digits, 12), 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text + name
}

// powers labels a logarithmic axis, which places numbers at their logarithms to the base of ten.
type powers struct{}

// Ticks places and labels the ticks of an axis: powers of ten, and between few of them 2 and 5.
func (powers) Ticks(low, high float64) []plot.Tick {
	first, last := int(math.Floor(low)), int(math.Ceil(high))
	stride := 1 + (last-first)/mostTicks
	var marks []plot.Tick
	for k := first; k <= last; k++ {
		if at := float64(k); at >= low && at <= high {
			marks = append(marks, plot.Tick{Value: at, Label: power(1, k, k%stride == 0)})
		}
		for _, digit := range []float64{2, 5} {
			at := float64(k) + math.Log10(digit)
			if high-low < 3 && at >= low && at <= high {
				marks = append(marks, plot.Tick{Value: at, Label: power(digit, k, high-low < 2)})
			}
		}
	}
	return marks
}

// power writes digit times ten to a power; "" if the tick has no label.
func power(digit float64, exponent int, shown bool) string {
	switch {
	case !shown:
		return ""
	case exponent >= -3 && exponent <= 4:
		return strconv.FormatFloat(digit*math.Pow10(exponent), 'f', max(0, -exponent), 64)
	}
	return strconv.FormatFloat(digit, 'f', 0, 64) + "e" + strconv.Itoa(exponent)
}
