package usage

import "testing"

func TestOneThingIsOne(t *testing.T) {
	for n, want := range map[int]string{0: "0 steps", 1: "1 step", 12: "12 steps"} {
		if got := Count(n, "step"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
