package main

import (
	"errors"
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/cmd/palmal/host"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/physics"
)

// enoughMemory refuses a run that needs more memory than there is, before it allocates it, and names the
// keys that make it smaller; total is 0 where that is unknown.
func enoughMemory(config run.Config, world *physics.World, total int64) error {
	needed := config.MemoryNeeded(world.Task(), world.Task().Horizon)
	if total == 0 || needed <= total {
		return nil
	}
	largest := config.MemoryParts(world.Task(), world.Task().Horizon)[0]
	return &tooLarge{fmt.Errorf("this run needs about %s of memory, most of it for %s; there are %s: %w; lower %s (--set)",
		mebibytes(needed), largest.Name, mebibytes(total), nn.ErrMemory, largest.Keys)}
}

// enoughToCompute refuses the verbs that compute where even their smallest work does not fit.
func enoughToCompute(verb string, there host.Limit) error {
	switch verb {
	case "version", "tasks", "completion", "__complete", "doctor": // doctor itself reports the limit
		return nil
	}
	if there.By == "" || there.Bytes >= run.ProgramMemory {
		return nil
	}
	return limitedBy(there, &tooLarge{fmt.Errorf("palmal %s needs %s of memory at least, there are %s: %w", verb,
		mebibytes(run.ProgramMemory), mebibytes(there.Bytes), nn.ErrMemory)})
}

// enoughFor refuses work that needs more memory than there is.
func enoughFor(what string, needed float64, lower string) error {
	there := host.Least(host.Memory())
	if there.By == "" || needed <= float64(there.Bytes) {
		return nil
	}
	return limitedBy(there, &tooLarge{fmt.Errorf("%s needs about %s of memory, there are %s: %w; lower %s", what,
		mebibytes(int64(min(needed, math.MaxInt64/2))), mebibytes(there.Bytes), nn.ErrMemory, lower)})
}

// tooLarge is an error of memory with a remedy.
type tooLarge struct{ error }

// Unwrap returns the error inside.
func (e *tooLarge) Unwrap() error { return e.error }

// limitedBy names what sets the limit that was exceeded, unless it is the computer itself.
func limitedBy(limit host.Limit, err error) error {
	if err == nil || limit.By == host.Computer {
		return err
	}
	return fmt.Errorf("%w; what binds is %s", err, limit.By)
}

// adviseMemory says what to lower when memory is short, unless the error does.
func adviseMemory(err error) error {
	var advised *tooLarge
	if errors.Is(err, nn.ErrMemory) && !errors.As(err, &advised) {
		return fmt.Errorf("%w; lower npg.starts_per_member first, then npg.horizon or model.hidden (--set)", err)
	}
	return err
}
