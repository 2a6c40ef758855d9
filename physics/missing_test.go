//go:build !mujoco || !cgo

package physics

import (
	"errors"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/physics/mujoco"
)

func TestMissingMuJoCoNamesTheTasksThatNeedIt(t *testing.T) {
	for _, name := range needMuJoCo() {
		_, err := Open(get(t, name), Options{})
		if !errors.Is(err, mujoco.ErrMissing) {
			t.Fatalf("%s: error %v, want ErrMissing", name, err)
		}
		for _, want := range []string{"inverted_pendulum, hopper, ant", "apt-get install libmujoco-dev", "-tags mujoco"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q does not mention %q", err, want)
			}
		}
	}
}
