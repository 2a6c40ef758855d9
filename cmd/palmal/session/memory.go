package session

import (
	"errors"
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/cmd/palmal/host"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/nn"
)

// EnoughMemory refuses a run that needs more memory than there is, before it allocates it, and names the
// keys that make it smaller. horizon counts the environment steps of an episode; total is 0 where that is unknown.
func EnoughMemory(config run.Config, task nn.Task, horizon int, total int64) error {
	needed := config.MemoryNeeded(task, horizon)
	if total == 0 || needed <= total {
		return nil
	}
	largest := config.MemoryParts(task, horizon)[0]
	return &nn.Advised{Err: fmt.Errorf("this run needs about %s of memory, most of it for %s; there are %s: %w; lower %s (--set)",
		run.Mebibytes(needed), largest.Name, run.Mebibytes(total), nn.ErrMemory, largest.Keys)}
}

// EnoughToCompute refuses the verbs that compute where even their smallest work does not fit.
func EnoughToCompute(verb string, there host.Limit) error {
	switch verb {
	case "version", "tasks", "completion", "__complete", "doctor": // doctor itself reports the limit
		return nil
	}
	if there.By == "" || there.Bytes >= run.ProgramMemory {
		return nil
	}
	return LimitedBy(there, &nn.Advised{Err: fmt.Errorf("palmal %s needs %s of memory at least, there are %s: %w", verb,
		run.Mebibytes(run.ProgramMemory), run.Mebibytes(there.Bytes), nn.ErrMemory)})
}

// EnoughFor refuses work that needs more memory than there is.
func EnoughFor(what string, needed float64, lower string) error {
	there := host.Least(host.Memory())
	if there.By == "" || needed <= float64(there.Bytes) {
		return nil
	}
	return LimitedBy(there, &nn.Advised{Err: fmt.Errorf("%s needs about %s of memory, there are %s: %w; lower %s", what,
		run.Mebibytes(int64(min(needed, math.MaxInt64/2))), run.Mebibytes(there.Bytes), nn.ErrMemory, lower)})
}

// LimitedBy names what sets the limit that was exceeded, unless it is the computer itself.
func LimitedBy(limit host.Limit, err error) error {
	if err == nil || limit.By == host.Computer {
		return err
	}
	return fmt.Errorf("%w; what binds is %s", err, limit.By)
}

// AdviseMemory says what to lower when memory is short, unless the error does.
func AdviseMemory(err error) error {
	var advised *nn.Advised
	if errors.Is(err, nn.ErrMemory) && !errors.As(err, &advised) {
		return fmt.Errorf("%w; lower npg.starts_per_member first, then npg.horizon or model.hidden (--set)", err)
	}
	return err
}
