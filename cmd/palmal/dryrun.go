package main

import (
	"errors"
	"time"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/cmd/palmal/session"
)

// dryRun prints the configuration of a run, and its time and memory.
func (p *program) dryRun(resolved run.Resolved, out string) error {
	config := resolved.Config
	t, err := config.LoadTask()
	if err != nil {
		return err
	}
	needed := config.MemoryNeeded(t, t.Horizon)
	forecast, trialErr := p.forecast(config)
	if problem := (algo.Problem{}); errors.As(trialErr, &problem) {
		return trialErr
	}
	if p.json {
		result := map[string]any{"run": out, "config": config.Map(), "memory_bytes": needed, "forecast": nil}
		if trialErr == nil {
			result["forecast"] = forecast
		}
		p.printJSON(result)
		return nil
	}
	text, err := config.Asked().YAML()
	if err != nil {
		return err
	}
	if source := presetSource(config); source != "" {
		p.printf("# %s\n", source)
	}
	p.printf("%s\n# would be written to %s, and would need about %s of memory\n", text, out, run.Mebibytes(needed))
	if trialErr != nil {
		p.warn("no forecast of the time: %v", trialErr)
		return nil
	}
	p.printf("# time by a trial on this machine as busy as it is now: the first iteration %s, the whole run %s (iterations: %s);\n", duration(forecast.First),
		duration(forecast.Whole), run.Thousands(forecast.Iterations))
	p.printf("# right within a factor of two if episodes and model paths last to their limits; where they end before, an iteration takes less")
	if forecast.Most > forecast.Iterations {
		p.printf(",\n# and there are up to %s of them", run.Thousands(forecast.Most))
	}
	p.printf("\n")
	return nil
}

// forecast runs a short iteration with the networks of a run and scales its times.
func (p *program) forecast(config run.Config) (f algo.Forecast, err error) {
	if config.World != "" {
		return f, errors.New("a trial would play episodes with the robot that no run counts")
	}
	trial := config
	trial.Config = config.Trial()
	setup, err := p.openSetup(trial, 0)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, setup.Close()) }()
	if err := session.KeepTime(config, setup.world.Task()); err != nil {
		return f, err
	}
	if err := config.Fits(setup.backend, setup.world, setup.world.Task(), setup.game.Recorded()); err != nil { // the trial leaves some of it out
		return f, &usage.Error{Code: usage.Mistake, Err: err}
	}
	record, err := setup.game.Iterate(p.stops.ctx)
	if err != nil {
		return f, err
	}
	t := setup.world.Task()
	return config.Work(t, t.Horizon, setup.game.Recorded()).Forecast(record)
}

// duration writes seconds for people.
func duration(seconds float64) string {
	const most = 1e9 // 30 years; beyond lies no run
	return run.Brief(time.Duration(min(seconds, most) * float64(time.Second)))
}
