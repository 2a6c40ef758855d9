package task

import "testing"

func TestEditDistance(t *testing.T) {
	// the customary examples of Levenshtein distance
	for _, c := range []struct {
		a, b string
		want int
	}{{"kitten", "sitting", 3}, {"saturday", "sunday", 3}, {"", "ant", 3}, {"ant", "", 3}, {"ant", "ant", 0}} {
		if got := editDistance(c.a, c.b); got != c.want {
			t.Errorf("distance of %q and %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// A hint is given only where few letters are wrong.
func TestNearNamesAreNear(t *testing.T) {
	for name, want := range map[string]string{"hight": "height", "heigth": "height", "x": "", "penguin": "", "vel": ""} {
		if got := Near(name, []string{"height", "velocity"}); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := Near("x", nil); got != "" {
		t.Errorf("%q of no names", got)
	}
}
