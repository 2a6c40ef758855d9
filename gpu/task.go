//go:build cuda

package gpu

import (
	"fmt"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// Words of a program's head, see cuda/formula.cuh.
const (
	wordVersion = iota
	wordInstructions
	wordOutputs
	wordConstants
	wordSlots
)

// HasKernel reports whether the device computes rewards and terminations of a task. Paths of other
// tasks are downloaded and scored by the task's own functions.
func HasKernel(t nn.Task) bool { return ScoredOnHost(t) == nil }

// ScoredOnHost returns the reason why the host scores a task, nil if the device scores it.
func ScoredOnHost(t nn.Task) error {
	name, _ := t.Identity()
	p, ok := t.(nn.Programmed)
	if !ok {
		return fmt.Errorf("task %s is scored on the host: it has no programs", name)
	}
	rewards, ends := p.Programs()
	if rewards == nil {
		return fmt.Errorf("task %s is scored on the host: it has no program of its reward", name)
	}
	for what, words := range map[string][]uint32{"reward": rewards, "termination": ends} {
		if words == nil {
			continue
		}
		if words[wordVersion] != deviceFormulaVersion {
			return fmt.Errorf("task %s is scored on the host: the program of its %s has version %d, this build runs %d", name, what, words[wordVersion], deviceFormulaVersion)
		}
		if words[wordSlots] > deviceFormulaSlots {
			return fmt.Errorf("task %s is scored on the host: the formulas of its %s keep %d numbers at one time, the device %d", name, what, words[wordSlots], deviceFormulaSlots)
		}
	}
	if terms := len(t.RewardTerms()); int(rewards[wordOutputs]) != terms {
		return fmt.Errorf("task %s: the program of its reward has %d outputs for %d terms", name, rewards[wordOutputs], terms)
	}
	return nil
}

// ScoredOnHost returns the reason why the host scores a task, nil if this device scores it.
func (b *machine) ScoredOnHost(t nn.Task) error {
	if err := ScoredOnHost(t); err != nil {
		return err
	}
	if needed := scoreShared(len(t.RewardTerms())); needed > b.d.Properties.Shared {
		name, _ := t.Identity()
		return fmt.Errorf("task %s is scored on the host: its %d reward terms need %d bytes of shared memory, a block of this device has %d",
			name, len(t.RewardTerms()), needed, b.d.Properties.Shared)
	}
	return nil
}

// uploadTask mirrors a task that the device scores.
func uploadTask(q *driver.Queue, a *arena, t nn.Task) *task {
	_, parameters := t.Identity()
	rewards, ends := t.(nn.Programmed).Programs()
	mirror := &task{rewards: uploaded(q, a, rewards).Ptr, terms: int64(len(t.RewardTerms())), parameters: uploaded(q, a, parameters).Ptr}
	if ends != nil {
		mirror.ends = uploaded(q, a, ends).Ptr
	}
	return mirror
}

// scoreShared is the shared memory of a block that scores a task with this number of terms; see cuda/score.cu.
func scoreShared(terms int) int { return 8 * deviceScoreThreads * (1 + terms) }

// box uploads the bounds of the actions: low [A], then high [A], rounded to float32.
func box(q *driver.Queue, a *arena, t nn.Task) array[float32] {
	low, high := t.ActionBox()
	return uploaded(q, a, append(nn.Rounded(low), nn.Rounded(high)...))
}
