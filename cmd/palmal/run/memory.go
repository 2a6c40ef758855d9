package run

import (
	"cmp"
	"math"
	"slices"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
)

// Measured peak memory of runs of all sizes, as they print it: a run of the smallest
// networks 45 MiB, with code, BLAS and simulator; the paper's networks 80 MiB more for 4.3 MiB of
// parameters, in gradients, moments, snapshots, and what the garbage collector has not yet freed.
const (
	ProgramMemory   = 48 << 20
	parameterCopies = 20
	imagedCopies    = 2        // the buffer and the columns of a fit, of samples and their images
	savedCopies     = 1        // a snapshot, of samples
	workerMemory    = 64 << 10 // stacks, and a world of the smallest
	downloaded      = 2        // paths whose limits are judged, with their copy
)

// MemoryPart is the memory of one part of a run, and the keys that make it smaller.
type MemoryPart struct {
	Name  string
	Bytes float64
	Keys  string
}

// MemoryParts estimates the peak memory of a run on the cpu backend, the largest part first. Sizes are
// floats, so that no product of a user's values overflows.
func (c Config) MemoryParts(task nn.Task, horizon int) []MemoryPart {
	shapes := algo.ShapesOf(c.Config, task)
	observation, action := shapes.Policy.Observation, shapes.Policy.Action
	const word = 4 // bytes of a float32
	ensemble := float64(shapes.Model.Members) * float64(shapes.Model.Parameters())
	policy, value := float64(shapes.Policy.Parameters()), float64(shapes.Value.MLP().Parameters())
	networks := MemoryPart{"the networks", word * parameterCopies * (ensemble + policy + value), "model.hidden or model.members"}
	if c.Model.HoldOut > 0 {
		networks.Bytes += word * ensemble // the best state of each member
	}
	if policy > max(ensemble, value) {
		networks.Keys = "policy.hidden"
	} else if value > ensemble {
		networks.Keys = "value.hidden"
	}
	decisions := float64(min(c.NPG.Horizon, horizon/max(1, c.Repeat)))
	// Columns of a model step: observation, action, mean, reward, advantage, return, and the
	// features of the value network.
	columns := float64(observation + 2*action + 3 + shapes.Value.Features())
	start := word * float64(c.Model.Members) * decisions * columns // paths of one start in all members
	paths := MemoryPart{"model paths", start * float64(c.NPG.StartsPerMember), "npg.starts_per_member first, then npg.horizon"}
	if p := c.Pathwise; c.Policy.Player == algo.PlayerPathwise {
		paths.Bytes = word * columns * max(float64(p.Starts)*float64(p.Horizon), float64(p.ValueStarts)*float64(p.ValueHorizon))
		paths.Keys = "pathwise.starts or pathwise.value_starts"
	}
	if a := c.ActorCritic; c.Policy.Player == algo.PlayerActorCritic {
		critics := nn.CriticShape{Critics: a.Critics, Observation: observation, Action: action, Hidden: a.Hidden}
		networks.Bytes += word * parameterCopies * float64(a.Critics) * float64(critics.MLP().Parameters())
		spread := float64(a.SpreadStarts) * float64(a.SpreadHorizon)
		paths.Bytes = word*columns*max(float64(a.Rows)*float64(a.Horizon), spread) + word*float64(observation)*spread*float64(a.Kept)
		paths.Keys = "actor_critic.rows, actor_critic.spread_starts or actor_critic.kept"
	}
	foreseen := MemoryPart{paths.Name, start * float64(c.Diagnostics), "diagnostic_starts"}
	if limited, ok := task.(algo.Limited); ok && len(limited.LimitNames()) > 0 && c.Promise.Starts > 0 {
		foreseen.Bytes, foreseen.Keys = max(foreseen.Bytes, downloaded*start*float64(c.Promise.Starts)), "promise.starts"
		if c.Promise.Price > 0 {
			paths.Bytes *= downloaded
		}
	}
	if foreseen.Bytes > paths.Bytes {
		paths = foreseen
	}
	data := MemoryPart{"the samples that are kept", word * float64(imagedCopies*(1+c.Images(task))+savedCopies) * (c.held() + float64(horizon)) * float64(2*observation+action+1), "buffer"}
	if c.Buffer == 0 || c.Buffer > c.Samples {
		data.Keys = "samples, or set buffer below it"
	}
	if c.Images(task) > 0 {
		data.Name, data.Keys = "the samples that are kept, with their images", data.Keys+", or set model.symmetries=false"
	}
	workers := MemoryPart{"the workers", float64(c.Run.Workers) * workerMemory, "run.workers"}
	parts := []MemoryPart{networks, paths, data, workers}
	slices.SortStableFunc(parts, func(a, b MemoryPart) int { return cmp.Compare(b.Bytes, a.Bytes) })
	return parts
}

// held is the largest number of environment steps in the buffer.
func (c Config) held() float64 {
	played := float64(max(c.Samples, c.InitialSamples)) + float64(c.SamplesPerIteration)
	if c.Buffer > 0 {
		return min(float64(c.Buffer), played)
	}
	return played
}

// MemoryNeeded estimates the peak memory of a run on the cpu backend, in bytes.
func (c Config) MemoryNeeded(task nn.Task, horizon int) int64 {
	sum := float64(ProgramMemory)
	for _, part := range c.MemoryParts(task, horizon) {
		sum += part.Bytes
	}
	return int64(min(sum, math.MaxInt64/2))
}
