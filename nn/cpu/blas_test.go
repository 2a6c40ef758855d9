package cpu

import (
	"bytes"
	"strings"
	"testing"
)

// TestBLASesAgree compares an iteration on gonum with one on every other choice that there is here, number by number.
func TestBLASesAgree(t *testing.T) {
	gradient := func(library string) []float64 {
		t.Setenv("PALMAL_BLAS", library)
		w := newWorld(t, 2, small())
		_, err := w.Fit(w.model, w.data, w.fit)
		must(t, err)
		paths := w.sample(t)
		gradient := make([]float64, w.policy.Shape().Parameters())
		must(t, w.PolicyGradient(gradient, paths, w.policy))
		must(t, paths.Close())
		return gradient
	}
	want := gradient("gonum")
	largest := 0.0
	for _, g := range want {
		largest = max(largest, g, -g)
	}
	// Sums of at most 270 products differ by 270·2⁻²⁴ ≈ 2e-5 relative; 30 steps of a model that is
	// not chaotic multiply that by less than 10, and whitened advantages by a few more.
	const bound = 1e-3
	for _, library := range choices()[1:] {
		got := gradient(library)
		for i := range want {
			if err := abs(got[i] - want[i]); !(err <= bound*largest) {
				t.Fatalf("gradient %d is %g by %s and %g by gonum", i, got[i], library, want[i])
			}
		}
	}
}

// choices lists values of PALMAL_BLAS that this machine can follow; the first is gonum.
func choices() []string {
	all := []string{"gonum"}
	for _, u := range allUnits() {
		all = append(all, strings.ToLower(strings.ReplaceAll(u.name, "-", "")))
	}
	if _, err := openForeign("", 1); err == nil {
		all = append(all, "system")
	}
	return all
}

// TestInstructionsDoNotChangeResults: own products are the same chains by all instructions, and element loops agree with their
// twins, so all of an iteration has the same bits.
func TestInstructionsDoNotChangeResults(t *testing.T) {
	var want []byte
	for _, u := range allUnits() {
		t.Setenv("PALMAL_BLAS", strings.ToLower(strings.ReplaceAll(u.name, "-", "")))
		got := iteration(t, 2, small())
		if want != nil && !bytes.Equal(got, want) {
			t.Errorf("%s computes other bytes than %s", u.name, allUnits()[0].name)
		}
		want = got
	}
}

func TestUnknownLibraryIsRefused(t *testing.T) {
	t.Setenv("PALMAL_BLAS", "/nonexistent/libopenblas.so")
	if b, err := New(Options{}); err == nil {
		t.Errorf("got %s for a library that is not there", b.Describe())
	}
	if _, err := New(Options{Workers: -1}); err == nil {
		t.Errorf("-1 workers are accepted")
	}
}
