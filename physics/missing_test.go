package physics

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/physics/mujoco"
)

// TestMissingMuJoCoNamesTheTasksThatNeedIt runs itself again where the library is switched off.
func TestMissingMuJoCoNamesTheTasksThatNeedIt(t *testing.T) {
	if os.Getenv(mujoco.Variable) != mujoco.Off {
		again := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")
		again.Env = append(os.Environ(), mujoco.Variable+"="+mujoco.Off)
		if out, err := again.CombinedOutput(); err != nil || !strings.Contains(string(out), "PASS: "+t.Name()) {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	for _, name := range needMuJoCo() {
		_, err := Open(get(t, name), Options{})
		if !errors.Is(err, mujoco.ErrMissing) {
			t.Fatalf("%s: error %v, want ErrMissing", name, err)
		}
		for _, want := range []string{"inverted_pendulum, hopper, ant", "apt-get install libmujoco-dev", "PALMAL_MUJOCO"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q does not mention %q", err, want)
			}
		}
	}
}
