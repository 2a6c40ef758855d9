package episodes

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// frames are the rows of a Parquet file: an observation, the action taken in it and the reward for it.
type frames struct {
	observations, actions []float32
	rewards               []float64 // nil: none recorded
	terminated            []float64 // nil: none recorded
	of, times             []float64 // episode and time of each row; times may be nil
	policies              []float64 // number of the policy that acted; nil: none recorded
	Size
}

// episodes cuts the rows where the number of the episode changes.
func (r frames) episodes(dt float64) ([]Episode, error) {
	var all []Episode
	seen := map[float64]bool{}
	o, a := r.Observation, r.Action
	for first := 0; first < len(r.of); {
		number, end := r.of[first], first+1
		for end < len(r.of) && r.of[end] == number {
			end++
		}
		if seen[number] {
			return nil, fmt.Errorf("the rows of episode %v do not lie together", number)
		}
		seen[number] = true
		policy, err := r.policyOf(first, end)
		if err != nil {
			return nil, err
		}
		if last := end - 1; last > first { // a lone row shows no transition
			e := Episode{Size: r.Size, Policy: policy, Dt: dt, Observations: r.observations[first*o : end*o], Actions: r.actions[first*a : last*a],
				Meta: map[string]any{"episode_index": number}}
			if r.rewards != nil {
				e.Rewards = r.rewards[first:last]
			}
			if r.times != nil {
				e.Times = r.times[first:end]
			}
			e.Terminated = r.terminated != nil && r.terminated[last-1] == 1
			e.Truncated = !e.Terminated
			all = append(all, e)
		}
		first = end
	}
	if len(all) == 0 {
		return nil, errors.New("no episode has two observations")
	}
	return all, nil
}

// isNumber reports whether x can be the number of a policy.
func isNumber(x float64) bool { return x == math.Trunc(x) && math.Abs(x) <= math.MaxInt32 }

// policyOf is the number of the policy that acted in rows first to end, those of an episode.
func (r frames) policyOf(first, end int) (int, error) {
	if r.policies == nil {
		return unknownPolicy, nil
	}
	policy := r.policies[first]
	if !isNumber(policy) {
		return 0, fmt.Errorf("column policy: %v in row %d, want the whole number of a policy", policy, first)
	}
	for i, x := range r.policies[first:end] {
		if x != policy {
			return 0, fmt.Errorf("column policy: %v in row %d, %v in row %d of the same episode: want one policy in each episode", policy, first, x, first+i)
		}
	}
	return int(policy), nil
}

// ReadLeRobot reads the folder of a LeRobotDataset, versions 2 and 3: the Parquet files below data, in the order of
// their names, at the rate that meta/info.json says. Videos are not read.
func ReadLeRobot(folder string) ([]Episode, error) {
	text, err := os.ReadFile(filepath.Join(folder, "meta", "info.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: is neither a run nor a LeRobotDataset, which has meta/info.json: name a file", folder)
	}
	var info struct {
		Version string  `json:"codebase_version"`
		FPS     float64 `json:"fps"`
	}
	if err == nil {
		err = json.Unmarshal(text, &info)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: meta/info.json: %w", folder, err)
	}
	if !strings.HasPrefix(info.Version, "v2") && !strings.HasPrefix(info.Version, "v3") || !(info.FPS > 0) {
		return nil, fmt.Errorf("%s: meta/info.json: version %q at %v frames a second: versions 2 and 3 are read", folder, info.Version, info.FPS)
	}
	var paths []string
	err = filepath.WalkDir(filepath.Join(folder, "data"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && Format(path) == "parquet" {
			paths = append(paths, path)
		}
		return err
	})
	if err == nil && len(paths) == 0 {
		err = errors.New("holds no Parquet file below data")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", folder, err)
	}
	slices.Sort(paths)
	var all []Episode
	for _, path := range paths {
		some, err := readAt(path, 1/info.FPS)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, some...)
	}
	return all, checkAll(all)
}
