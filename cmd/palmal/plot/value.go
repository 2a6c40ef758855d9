package plot

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/palmal-rl/palmal/algo"
)

// Value is the number of an evaluation to draw: a measure of the task, or the return if Measure is "".
type Value struct {
	Measure string
	Part    string // part of the episode, one of [Parts]
	Unit    string
}

// Success is the name of the measure that every task with a success has.
const Success = "success"

// Parts lists the parts of an episode for which measures are recorded.
func Parts() []string { return []string{"mean", "second_half", "final"} }

// ParseValue reads MEASURE or MEASURE:PART.
func ParseValue(text string) (Value, error) {
	name, part, found := strings.Cut(text, ":")
	if !found {
		part = "mean"
	}
	if !slices.Contains(Parts(), part) || found && (name == "" || name == Success) {
		return Value{}, fmt.Errorf("%q: want a measure, or one with a part of the episode: %s", text, strings.Join(Parts(), ", "))
	}
	return Value{Measure: name, Part: part}, nil
}

// Label names the value on an axis.
func (v Value) Label() string {
	unit := ""
	if v.Unit != "" {
		unit = ", " + v.Unit
	}
	switch {
	case v.Measure == "":
		return "return of an episode"
	case v.Measure == Success:
		return "successful episodes, share"
	case v.Part == "second_half":
		return v.Measure + ", mean over the second half" + unit
	case v.Part == "final":
		return v.Measure + " at the end of an episode" + unit
	}
	return v.Measure + ", mean over an episode" + unit
}

// of returns the value's point of an evaluation. Only the return has a confidence interval. A number that
// is not finite is unknown.
func (v Value) of(e algo.Evaluation) Point {
	p := Point{X: float64(e.Samples), Mean: math.NaN(), Low: math.NaN(), High: math.NaN()}
	if v.Measure == "" {
		p.Mean, p.Low, p.High = finite(e.Return), finite(e.CILow), finite(e.CIHigh)
	} else if m, known := e.Measures[v.Measure]; known {
		p.Mean = finite(map[string]algo.Number{"mean": m.Mean, "second_half": m.SecondHalf, "final": m.Final}[v.Part])
	} else if v.Measure == Success {
		p.Mean = finite(e.Success)
	}
	if !math.IsNaN(p.Mean) {
		p.Seeds = 1
	}
	return p
}

func finite(n algo.Number) float64 {
	if x := float64(n); !math.IsInf(x, 0) {
		return x
	}
	return math.NaN()
}
