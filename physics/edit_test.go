package physics

import (
	"strings"
	"testing"
)

// Numbers of the MJCF are written as everywhere in the program, and handed on as MuJoCo reads them.
func TestNumbersOfEditsAreReadAsEverywhere(t *testing.T) {
	for value, want := range map[string]string{"2000": "2000", "2_000": "2000", "1e3": "1e3", "+.5 -0.25": "+.5 -0.25", "box": "box", "r_wrist": "r_wrist",
		"0 0 -9_8.1e-1": "0 0 -9.81", "nan": "nan"} {
		if edit, err := parseEdit("geom.fa.density", value); err != nil || edit.Value != want || edit.Name != "fa" || edit.Attribute != "density" {
			t.Errorf("%s becomes %+v, %v, want %s", value, edit, err, want)
		}
	}
	for value, reason := range map[string]string{"0x10": "decimal", "010": "octal", "1:30": "base 60", "1e400": "too large", "1e-400": "small", "1_": "underscores", "-": "not a number", "3kg": "not a number"} {
		if _, err := parseEdit("geom.fa.density", value); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%s: %v, want %q", value, err, reason)
		}
	}
	for text, ok := range map[string]bool{"0.3:0.45": true, "1e-1:2_0": true, "0x1:2": false, "1": false, ":": false, "1e400:2": false, "1:2:3": false} {
		if _, err := parseBounds(text); (err == nil) != ok {
			t.Errorf("bounds %s: %v", text, err)
		}
	}
}
