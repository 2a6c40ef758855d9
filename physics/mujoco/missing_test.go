//go:build !mujoco || !cgo

package mujoco

import (
	"errors"
	"strings"
	"testing"
)

func TestMissingMuJoCoSaysHowToGetIt(t *testing.T) {
	_, err := Load(nil, nil)
	if !errors.Is(err, ErrMissing) {
		t.Fatalf("error %v, want ErrMissing", err)
	}
	for _, want := range []string{"make setup", "apt-get install libmujoco-dev", "-tags mujoco"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not mention %q", err, want)
		}
	}
	if Version() != "" {
		t.Errorf("version %q of a library that is not there", Version())
	}
}
