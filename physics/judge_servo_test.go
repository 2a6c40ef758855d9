package physics

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/physics/task"
	"github.com/palmal-rl/palmal/physics/tasks"
)

// hinged is a task of one hinge whose model holds these lines.
func hinged(t *testing.T, compiler, limits, actuator, action string) *task.Task {
	t.Helper()
	return ownTask(t, map[string]string{"robot.xml": fmt.Sprintf(`<mujoco>%s<worldbody><body><joint name="spin" type="hinge" axis="0 1 0" damping="1" %s/>
<geom size="0.1"/></body></worldbody><actuator>%s</actuator></mujoco>`, compiler, limits, actuator),
		"task.yaml": fmt.Sprintf(`name: hinged
simulator: {model: robot.xml}
horizon: 50
observation: [{name: turn, from: qpos spin, unit: rad}]
action: [{name: turn, %s}]
reward: {turn: next.turn}
`, action)})
}

// A servo whose range is in another unit than its joint's is doubted, whichever of the two is in degrees, and whichever
// file gives the servo's range.
func TestServosInAnotherUnitThanTheirJointAreNamed(t *testing.T) {
	needsLibrary(t)
	const radian, own = `<compiler angle="radian"/>`, "servo: turn"
	position := func(ends string) string {
		return fmt.Sprintf(`<position name="turn" joint="spin" kp="8" ctrllimited="true" ctrlrange="%s"/>`, ends)
	}
	for name, c := range map[string]struct {
		compiler, limits, actuator, action string
		doubted                            bool
	}{
		"joint in degrees":             {"", `limited="true" range="-0.35 0.35"`, position("-0.3 0.3"), own, true},
		"a fifth of it":                {"", `limited="true" range="-1.5 1.5"`, position("-0.3 0.3"), own, true},
		"servo in degrees":             {radian, `limited="true" range="0 1.5"`, position("0 90"), own, true},
		"task's servo in degrees":      {radian, `limited="true" range="-1.5 1.5"`, position("-1 1"), "servo: turn, angles: [-90, 90]", true},
		"both right":                   {radian, `limited="true" range="-0.35 0.35"`, position("-0.3 0.3"), own, false},
		"against the stops":            {radian, `limited="true" range="-0.35 0.35"`, position("-2 2"), own, false},
		"no limit":                     {"", `limited="false"`, position("-3 3"), own, false},
		"geared":                       {radian, `limited="true" range="-0.35 0.35"`, strings.Replace(position("-30 30"), `kp="8"`, `gear="100" kp="0.001"`, 1), own, false},
		"servo of velocity":            {"", `limited="true" range="-0.35 0.35"`, `<velocity name="turn" joint="spin" kv="1" ctrllimited="true" ctrlrange="-9 9"/>`, own, false},
		"motor with a range of torque": {"", `limited="true" range="-0.35 0.35"`, `<motor name="turn" joint="spin" ctrllimited="true" ctrlrange="-9 9"/>`, "motor: turn", false},
	} {
		j, err := Judge(context.Background(), hinged(t, c.compiler, c.limits, c.actuator, c.action))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if all := strings.Join(j.Doubts, "\n"); strings.Contains(all, "servo turn can turn its joint to") != c.doubted {
			t.Errorf("%s: doubts %q", name, all)
		}
	}
}

func TestServosOfBuiltInTasksAndExamplesAreNotDoubted(t *testing.T) {
	needsLibrary(t)
	var all []*task.Task
	for _, name := range tasks.Names() {
		all = append(all, get(t, name))
	}
	for _, folder := range []string{"arm", "swingup"} {
		one, err := tasks.Load("../examples/" + folder)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	for _, one := range all {
		if doubts, err := DoubtServos(one); err != nil || len(doubts) > 0 {
			t.Errorf("%s: %q, %v", one.Name, doubts, err)
		}
	}
}
