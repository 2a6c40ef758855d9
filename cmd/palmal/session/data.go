package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/physics/episodes"
	"github.com/palmal-rl/palmal/physics/task"
)

// ReadData reads recorded episodes: of a file, of the folder of a LeRobotDataset, or those that the newest
// checkpoint of a run holds, which are its buffer: all that it collected where it keeps all, else the recent ones. A
// robot's run keeps all its episodes, and one that has collected nothing has those that it learned from. minari:ID and d4rl:FILE are read by python; "" is python3.
func ReadData(ctx context.Context, path, python string) ([]episodes.Episode, error) {
	if kind, name, ok := strings.Cut(path, ":"); ok && (kind == minari || kind == d4rl) {
		return readByPython(ctx, python, kind, name)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, usage.Mistakef("data: %w", err)
	}
	var all []episodes.Episode
	switch {
	case !info.IsDir():
		all, err = episodes.Read(path)
	case exists(filepath.Join(path, "run.json")):
		all, err = bufferOf(path)
	default:
		all, err = episodes.ReadLeRobot(path)
	}
	if err != nil {
		return nil, usage.Mistakef("data: %w", err)
	}
	return all, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// bufferOf reads the episodes of a run.
func bufferOf(path string) ([]episodes.Episode, error) {
	d, config, err := run.Open(path)
	if err != nil {
		return nil, err
	}
	t, err := config.LoadTask()
	if err != nil {
		return nil, err
	}
	files, err := playedBy(path)
	if err != nil {
		return nil, err
	}
	if len(files) > 0 {
		return readAll(files, t.Dt()*float64(config.Repeat))
	}
	newest, err := choose(d, "")
	if err == nil && newest == 0 {
		err = fmt.Errorf("%s has no checkpoint yet, and so no episodes", path)
	}
	if err != nil {
		return nil, err
	}
	manifest, err := d.Manifest(newest)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if manifest.Samples == 0 { // its buffer is empty, and so not in the checkpoint
		return config.Recorded()
	}
	_, snapshot, err := d.Read(newest, algo.GroupReplay)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	played, err := algo.EpisodesOf(config.Config, t, snapshot)
	if err != nil {
		return nil, fmt.Errorf("%s: checkpoint %06d: %w", path, newest, err)
	}
	meta := map[string]any{"run": filepath.Base(path), "task": config.TaskName()}
	var all []episodes.Episode
	for _, e := range played {
		one := AsRecorded(e, t, config)
		one.Policy, one.Meta = manifest.Iteration, meta
		all = append(all, one)
	}
	return all, nil
}

// AsRecorded is an episode that was played in a task as a recording of it, whose rewards are sums over the terms. It does
// not say which policy acted.
func AsRecorded(e algo.Episode, t *task.Task, config run.Config) episodes.Episode {
	one := episodes.Episode{Observations: e.Observations, Actions: e.Actions, Terminated: e.Terminated, Truncated: !e.Terminated,
		Dt: t.Dt() * float64(config.Repeat), Policy: -1, Size: episodes.Size{Observation: len(t.Observation), Action: len(t.Action)}}
	terms := len(e.Rewards) / one.Decisions()
	one.Rewards = make([]float64, one.Decisions())
	for i, x := range e.Rewards {
		one.Rewards[i/terms] += x
	}
	return one
}

// playedBy lists the files of episodes that a robot played for a run, in their order; none of other runs.
func playedBy(path string) (files []string, err error) {
	folder := filepath.Join(path, "episodes")
	found, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	for _, file := range found {
		if filepath.Ext(file.Name()) == ".npz" {
			files = append(files, filepath.Join(folder, file.Name()))
		}
	}
	return files, err
}

// readAll reads the files of a robot's run, which keeps all its episodes. The robot may have left their time step, dt, to the task.
func readAll(files []string, dt float64) ([]episodes.Episode, error) {
	var all []episodes.Episode
	for _, file := range files {
		some, err := episodes.Read(file)
		if err != nil {
			return nil, err
		}
		for i := range some {
			some[i].Dt = cmp.Or(some[i].Dt, dt)
		}
		all = append(all, some...)
	}
	return all, nil
}

// TakeData reads the episodes that a configuration names, into it.
func TakeData(ctx context.Context, config *run.Config) error {
	t, err := config.LoadTask()
	if err != nil {
		return err
	}
	var all []episodes.Episode
	for _, path := range config.Data {
		some, err := ReadData(ctx, path, config.Run.Python)
		if err != nil {
			return err
		}
		if strings.HasPrefix(path, minari+":") {
			fillBox(some, t)
		}
		for i, e := range some {
			if err := suits(e, t, config.Config); err != nil {
				return usage.Mistakef("data: %s: episode %d does not suit task %s: %w", path, i, t.Name, err)
			}
		}
		all = append(all, some...)
	}
	config.SetRecorded(all)
	return nil
}

// fillBox scales actions in ±1 to the box of a task, as the bounds of an environment are.
func fillBox(all []episodes.Episode, t *task.Task) {
	low, high := t.ActionBox()
	for _, e := range all {
		for i, a := range e.Actions {
			j := i % len(low)
			e.Actions[i] = float32(low[j] + (float64(a)+1)/2*(high[j]-low[j]))
		}
	}
}

// slack is what an action may lie outside its bounds, as a part of their width: rounding, not another robot.
const slack = 1e-4

// suits refuses an episode whose sizes, actions or time steps are not the task's, or that lacks the rewards that a model has to learn.
func suits(e episodes.Episode, t *task.Task, config algo.Config) error {
	if want := (episodes.Size{Observation: len(t.Observation), Action: len(t.Action)}); e.Size != want {
		return fmt.Errorf("it has %v, the task %v", e.Size, want)
	}
	low, high := t.ActionBox()
	for i, a := range e.Actions {
		j := i % len(low)
		if rim := slack * (high[j] - low[j]); float64(a) < low[j]-rim || float64(a) > high[j]+rim {
			return fmt.Errorf("actions: row %d, column %d (%s) is %v, outside its bounds from %v to %v", i/len(low), j, t.Action[j].Name, a, low[j], high[j])
		}
	}
	if config.Model.LearnReward && e.Rewards == nil {
		return errors.New("it holds no rewards, which the model has to learn")
	}
	return keepsTime(e, t.Dt()*float64(config.Repeat))
}

// keepsTime refuses an episode whose decisions are not dt seconds apart, where both are known.
func keepsTime(e episodes.Episode, dt float64) error {
	const close = 0.01 // clocks of robots are not exact
	if e.Dt > 0 && dt > 0 && !(e.Dt > (1-close)*dt && e.Dt < (1+close)*dt) {
		return fmt.Errorf("its decisions are %g s apart, the task's %g s", e.Dt, dt)
	}
	return nil
}

// KeepTime refuses recorded episodes whose time step is not that of an open world's task: where the task file does not
// say it, only the compiled model knows it.
func KeepTime(config run.Config, t *task.Task) error {
	all, err := config.Recorded()
	if err != nil {
		return err
	}
	for i, e := range all {
		if err := keepsTime(e, t.Dt()*float64(config.Repeat)); err != nil {
			reason := fmt.Sprintf("episode %d of %s does not suit task %s: %v", i, strings.Join(config.Data, ", "), t.Name, err)
			return &usage.Error{Code: usage.Mistake, Err: algo.Problem{Key: "data", Reason: reason}}
		}
	}
	return nil
}

// Recorded returns the recorded episodes of a configuration as a game takes them.
func Recorded(config run.Config, of nn.Task) ([]algo.Episode, error) {
	recorded, err := config.Recorded()
	if err != nil {
		return nil, err
	}
	low, high := of.ActionBox()
	terms := len(of.RewardTerms())
	var all []algo.Episode
	for _, e := range recorded {
		one := algo.Episode{Observations: e.Observations, Actions: make([]float32, len(e.Actions)), Samples: e.Decisions() * config.Repeat, Terminated: e.Terminated}
		for i, a := range e.Actions {
			one.Actions[i] = min(max(a, float32(low[i%len(low)])), float32(high[i%len(low)]))
		}
		if e.Rewards != nil { // their terms are unknown, and only their sum is learned
			one.Rewards = make([]float64, e.Decisions()*terms)
			for i, r := range e.Rewards {
				one.Rewards[i*terms] = r
			}
		}
		all = append(all, one)
	}
	return all, nil
}
