package physics

import (
	"strings"
	"testing"
)

// Every draw that MuJoCo refuses is named, not only the first.
func TestAllDrawsThatDoNotFitTheModelAreNamed(t *testing.T) {
	needsLibrary(t)
	_, err := Open(ownTask(t, drawnBall(`{name: a, into: geom.floor.frictoin, uniform: [1, 2]}`, `{name: b, into: geom.skin.sise, uniform: [1, 2]}`,
		`{name: c, into: joint.wrist.damping, uniform: [0, 1]}`, `{name: d, into: geom.skin.type, choice: [sphere, cube]}`)), Options{Workers: 1})
	for _, want := range []string{`ball/task.yaml:29:5: ball: randomise a at 1: geom.floor.frictoin: no attribute "frictoin", did you mean "friction"?`,
		`ball/task.yaml:30:5: ball: randomise b at 1: geom.skin.sise: no attribute "sise", did you mean "size"?`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nwant one with %q", err, want)
		}
	}
	if err != nil && strings.Contains(err.Error(), "randomise c") {
		t.Errorf("%v names a draw that fits", err)
	}
}
