package nntest

import (
	"fmt"
	"math"
)

// TB is the part of testing.TB that the cases need. It is a separate interface, so that a test can
// watch a case fail.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
	Cleanup(func())
}

// tolerance bounds the error of every entry of a vector by
//
//	relative · (|want| + rms of all wanted) + absolute.
//
// The root mean square stands for the size of the terms that cancel in a small entry.
type tolerance struct {
	relative float64
	absolute float64
	reason   string
}

// exact asks for equal numbers.
func exact(reason string) tolerance { return tolerance{reason: reason} }

// mismatch describes the worst entry of got that is not within tolerance of want, or is nil. It is
// the only place where the suite compares floating-point numbers: a NaN or an infinity on either
// side is a mismatch, and so is an empty or shorter vector.
func mismatch(got, want []float64, tol tolerance) error {
	if len(want) == 0 || len(got) != len(want) {
		return fmt.Errorf("%d entries, want %d and at least one", len(got), len(want))
	}
	for i, w := range want {
		if math.IsNaN(w) || math.IsInf(w, 0) {
			return fmt.Errorf("the reference is not finite: [%d] = %g", i, w)
		}
	}
	scale, worst, wrong, excess := rms(want), -1, 0, 0.0
	for i, w := range want {
		limit := tol.relative*(math.Abs(w)+scale) + tol.absolute
		diff := math.Abs(got[i] - w)
		if diff <= limit { // false for NaN
			continue
		}
		wrong++
		if over := diff - limit; worst < 0 || over > excess || math.IsNaN(over) {
			worst, excess = i, over
		}
	}
	if worst < 0 {
		return nil
	}
	limit := tol.relative*(math.Abs(want[worst])+scale) + tol.absolute
	return fmt.Errorf("%d of %d entries differ; worst [%d] = %.9g, want %.9g, difference %.3g over the bound %.3g (%s)",
		wrong, len(want), worst, got[worst], want[worst], math.Abs(got[worst]-want[worst]), limit, tol.reason)
}

// near reports an error unless got is within tolerance of want.
func near(t TB, what string, got, want []float64, tol tolerance) {
	t.Helper()
	if err := mismatch(got, want, tol); err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

// sameBits reports an error where two vectors are not the same bytes.
func sameBits(t TB, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) || len(want) == 0 {
		t.Errorf("%s: %d entries, want %d and at least one", what, len(got), len(want))
		return
	}
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Errorf("%s: [%d] = %g (%#x), want the same bits as %g (%#x)", what, i,
				got[i], math.Float32bits(got[i]), want[i], math.Float32bits(want[i]))
			return
		}
	}
}

func rms(x []float64) float64 { return math.Sqrt(dot(x, x) / float64(max(len(x), 1))) }

func dot(x, y []float64) float64 {
	sum := 0.0
	for i := range x {
		sum += x[i] * y[i]
	}
	return sum
}

// widen returns the numbers as float64.
func widen[N float32 | int | int64](x []N) []float64 {
	wide := make([]float64, len(x))
	for i := range x {
		wide[i] = float64(x[i])
	}
	return wide
}

// narrow rounds the numbers to float32.
func narrow(x []float64) []float32 {
	short := make([]float32, len(x))
	for i := range x {
		short[i] = float32(x[i])
	}
	return short
}

// flags returns 1 for true and 0 for false, so that decisions are compared like numbers.
func flags(x []bool) []float64 {
	numbers := make([]float64, len(x))
	for i, yes := range x {
		if yes {
			numbers[i] = 1
		}
	}
	return numbers
}
