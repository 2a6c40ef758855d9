package physics

import (
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/physics/task"
)

// A hint about an environment that has no task file says how to get one, and names an entry once.
func TestHintsOfEnvironmentsSayWhereToFollowThem(t *testing.T) {
	own := &task.Task{Environment: &task.Environment{ID: "Pendulum-v1"},
		Observation: []task.Entry{{Name: "observation 0"}, {Name: "observation 1"}, {Name: "observation 2", Unit: "rad"}}}
	for i := range own.Observation {
		own.Observation[i].Kind = task.Predicted
	}
	episode := Episode{Observations: []float32{1, 0, 0, 0, 1, 9}}
	const file = ", in the file that palmal tasks new NAME --env gym:Pendulum-v1 writes"
	for folder, remedy := range map[string]string{"": file, "pendulum": ""} {
		own.Folder = folder
		j := &Judgement{}
		j.judgeEntries(own, []Episode{episode})
		if len(j.Proposals) != 2 {
			t.Fatalf("%q", j.Proposals)
		}
		if turn := j.Proposals[0]; !strings.HasPrefix(turn, "observation 2 turns") || strings.Contains(turn, file) != (remedy != "") {
			t.Error(turn)
		}
		if unit := j.Proposals[1]; unit != "observation 0 to observation 1 are a unit vector: declare kind: unit"+remedy {
			t.Error(unit)
		}
	}
}
