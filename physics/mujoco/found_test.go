package mujoco

import (
	"errors"
	"strings"
	"testing"
)

func TestMissingMuJoCoSaysHowToGetIt(t *testing.T) {
	for _, named := range []string{Off, "OFF", "/nowhere"} {
		_, err := find(named)
		if !errors.Is(err, ErrMissing) {
			t.Fatalf("%q: error %v, want ErrMissing", named, err)
		}
		for _, want := range []string{"make setup", "apt-get install libmujoco-dev", "pip install mujoco", Variable} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %q does not mention %q", named, err, want)
			}
		}
	}
}
