package algo

import (
	"math"
	"reflect"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// A calibration needs more or fewer breaks than two standard deviations explain: luck does not count as a broken promise.
func TestCalibrationIsTheShareByWhichPromisesWereBroken(t *testing.T) {
	for _, one := range []struct {
		name     string
		worst    int // number of 99 paths: a chance of (worst + 0.5)/100
		episodes int
		got      int
		want     float64
	}{
		{"kept", 9, 100, 9, 0},
		{"luck: 9.5 expected, deviation 2.9", 9, 100, 15, 0},
		{"broken", 9, 100, 19, 0.095},
		{"nothing foreseen, half broken", 0, 10, 5, 0.495},
		{"nothing seen yet", 0, 0, 0, 0},
		{"far fewer than promised", 89, 100, 40, -0.495},
	} {
		l := newLedger(1)
		l.promise(promise{paths: 99, worst: []int{one.worst}, episodes: one.episodes, got: []int{one.got}})
		if got := l.calibration(0); !(math.Abs(got-one.want) <= 1e-12) {
			t.Errorf("%s: calibration %g, want %g", one.name, got, one.want)
		}
	}
}

// What the models of long ago promised does not bind the present one.
func TestOldPromisesAreForgotten(t *testing.T) {
	l := newLedger(1)
	l.promise(promise{paths: 99, worst: []int{0}, episodes: 10, got: []int{10}})
	kept := promise{paths: 99, worst: []int{0}, episodes: 1, got: []int{0}}
	for range remembered - 1 {
		l.promise(kept)
	}
	if l.calibration(0) == 0 {
		t.Error("a broken promise is forgotten too early")
	}
	if l.promise(kept); l.calibration(0) != 0 {
		t.Errorf("a promise of %d turns ago still counts: %g", remembered+1, l.calibration(0))
	}
}

func TestLedgerIsSavedWhole(t *testing.T) {
	for n := range remembered + 3 {
		l := newLedger(2)
		l.broken = []int{7, 8}
		for i := range n {
			l.promise(promise{paths: i, worst: []int{i + 1, i + 2}, episodes: i + 3, got: []int{i + 4, i + 5}})
		}
		state := nn.State{{Name: ledgerArray, Value: nn.Integers(l.save())}}
		loaded := newLedger(2)
		if err := loaded.load(state); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(loaded, l) {
			t.Errorf("%d promises: saved\n%+v\nloaded\n%+v", n, l, loaded)
		}
	}
	other := newLedger(3)
	if err := other.load(nn.State{{Name: ledgerArray, Value: nn.Integers(make([]int64, ledgerLength(2)))}}); err == nil {
		t.Error("the ledger of two limits was loaded for three")
	}
}
