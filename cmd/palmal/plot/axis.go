package plot

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
)

// axis maps any numbers to ones that can be drawn: near 1, distinct, finite. Its ticks show the original
// numbers.
type axis struct {
	low, high float64 // range of the data
	log       bool    // whether the axis shows logarithms to the base of ten
	exponent  int     // otherwise numbers are divided by ten to this power
}

// Bounds of numbers that are drawn unscaled.
const (
	plainFrom, plainTo = -4, 9 // powers of ten of the largest number
	leastSpread        = 1e-6  // least range of an axis, as a share of its largest number
	decades            = 12    // most decades of a logarithmic axis: lower ones are rounding errors
)

// newAxis returns an axis without numbers.
func newAxis() axis { return axis{low: math.Inf(1), high: math.Inf(-1)} }

// see extends the range by numbers, except those that are not finite.
func (a *axis) see(numbers ...float64) {
	for _, x := range numbers {
		if !math.IsNaN(x) && !math.IsInf(x, 0) {
			a.low, a.high = min(a.low, x), max(a.high, x)
		}
	}
}

// settle chooses the scale, after all numbers were seen.
func (a *axis) settle() {
	if a.low > a.high {
		a.low, a.high = 0, 1
	}
	most := max(math.Abs(a.low), math.Abs(a.high))
	if most == 0 || a.log {
		return
	}
	if power := powerOf(most); power < plainFrom || power >= plainTo {
		a.exponent = 3 * int(math.Floor(float64(power)/3))
	}
}

// powerOf is the power of ten of a number's first digit. The logarithm of the smallest numbers is not
// exact enough for that.
func powerOf(x float64) int {
	_, power, _ := strings.Cut(strconv.FormatFloat(x, 'e', -1, 64), "e")
	n, _ := strconv.Atoi(power) // FormatFloat wrote it
	return n
}

// at returns the position of a number on the axis.
func (a axis) at(x float64) float64 {
	if a.log {
		return math.Log10(max(x, a.floor()))
	}
	half := -a.exponent / 2 // ten to the power of 324 overflows
	return x * math.Pow10(half) * math.Pow10(-a.exponent-half)
}

// floor is the smallest number that a logarithmic axis shows.
func (a axis) floor() float64 {
	return max(a.low, a.high*math.Pow10(-decades), math.SmallestNonzeroFloat64)
}

// limits are the ends of the axis: the range of the data with some margin.
func (a axis) limits(below, above float64) (low, high float64) {
	low, high = a.at(a.low), a.at(a.high)
	least := leastSpread * max(math.Abs(low), math.Abs(high))
	switch {
	case a.log:
		least = 1 // decade
	case low == high && low != 0:
		least = 0.1 * math.Abs(low)
	case low == high:
		least = 1
	}
	if spread := high - low; spread < least {
		low, high = low-(least-spread)/2, high+(least-spread)/2
	}
	spread := high - low
	return low - below*spread, high + above*spread
}

// label adds the factor of the ticks to the text of an axis.
func (a axis) label(text string) string {
	if a.exponent == 0 {
		return text
	}
	return fmt.Sprintf("%s, in 1e%d", text, a.exponent)
}

// onto replaces an axis of a plot by this one.
func (a axis) onto(p *plot.Axis, text string, below, above float64) {
	p.Label.Text = a.label(text)
	p.Min, p.Max = a.limits(below, above)
	p.Tick.Marker = ticks{}
	if a.log {
		p.Tick.Marker = powers{}
	}
}
