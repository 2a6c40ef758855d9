//go:build cuda

package gpu

import (
	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// taskNumbers are the tasks with a kernel, see cuda/task.cuh.
func taskNumbers() map[string]int64 {
	return map[string]int64{
		"pointmass":         deviceTaskPointmass,
		"cartpole":          deviceTaskCartpole,
		"inverted_pendulum": deviceTaskInvertedPendulum,
		"hopper":            deviceTaskHopper,
		"ant":               deviceTaskAnt,
		"reacher7dof":       deviceTaskReacher7dof,
		"dclaw_turn":        deviceTaskDclawTurn,
		"dkitty_orient":     deviceTaskDkittyOrient,
		"pen":               deviceTaskPen,
		"bench-glide":       deviceTaskBenchGlide,
	}
}

// HasKernel reports whether rewards and terminations of a task are computed on the device. Paths of other
// tasks are downloaded and scored by the task's own functions.
func HasKernel(t nn.Task) bool {
	name, _ := t.Identity()
	return taskNumbers()[name] != 0 && len(t.RewardTerms()) <= deviceTaskTerms && len(t.ObservationKinds()) > 0 && actions(t) <= deviceScoreActions
}

func actions(t nn.Task) int {
	low, _ := t.ActionBox()
	return len(low)
}

// uploadTask mirrors a task with a kernel.
func uploadTask(q *driver.Queue, a *arena, t nn.Task) *task {
	name, parameters := t.Identity()
	return &task{number: taskNumbers()[name], terms: int64(len(t.RewardTerms())), action: int64(actions(t)), parameters: uploaded(q, a, parameters).Ptr}
}

// box uploads the bounds of the actions: low [A], then high [A], rounded to float32.
func box(q *driver.Queue, a *arena, t nn.Task) array[float32] {
	low, high := t.ActionBox()
	return uploaded(q, a, append(nn.Rounded(low), nn.Rounded(high)...))
}
