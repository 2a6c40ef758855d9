package physics

import (
	"math"
	"slices"
	"testing"

	"github.com/palmal-rl/palmal/physics/task"
)

// A model follows the kinds and ranges of a task, so what random episodes show against them is a mistake of the file.
func TestEntriesThatAreNotWhatTheirLinesSayAreDoubted(t *testing.T) {
	entry := func(name, kind string) task.Entry {
		return task.Entry{Name: name, Kind: kind, Low: math.Inf(-1), High: math.Inf(1)}
	}
	all := &task.Task{Action: []task.Entry{{Name: "push"}}, Observation: []task.Entry{entry("goal", task.Constant), entry("turn", task.Angle),
		entry("cos", task.Unit), entry("sin", task.Unit), entry("last", task.LastAction), entry("height", task.Predicted)}}
	all.Observation[5].Low, all.Observation[5].High = 0, 1
	for name, c := range map[string]struct {
		next  []float32
		noise float64
		want  []string
	}{
		"true":        {[]float32{2, math.Pi, 0.6, 0.8, 0.5, 1.000001}, 0, nil},
		"constant":    {[]float32{3, 0, 0.6, 0.8, 0.5, 1}, 0, []string{"observation goal goes from 2 to 3 within an episode, which kind constant rules out"}},
		"angle":       {[]float32{2, 4, 0.6, 0.8, 0.5, 1}, 0, []string{"observation turn is 4, and kind angle wants it within -π and π (formula: wrap(value))"}},
		"unit":        {[]float32{2, 0, 0.6, 0.9, 0.5, 1}, 0, []string{"observation cos begins a vector of length 1.082, and kind unit wants length 1"}},
		"last action": {[]float32{2, 0, 0.6, 0.8, 0.4, 1}, 0, []string{"observation last is 0.4 after action push of 0.5, and kind last-action wants the action"}},
		"range":       {[]float32{2, 0, 0.6, 0.8, 0.5, 1.5}, 0, []string{"observation height goes from 0 to 1.5, beyond its range [0, 1], within which npg.clamp_range keeps model paths"}},
		"noise":       {[]float32{2.1, 4, 0.6, 0.9, 0.4, 1.5}, 0.1, nil},
	} {
		for i := range all.Observation {
			all.Observation[i].Noise = c.noise
		}
		j := &Judgement{}
		episodes := []Episode{{Observations: append([]float32{2, 0, 0.6, 0.8, 0, 0}, c.next...), Actions: []float32{0.5}}}
		j.judgeEntries(all, episodes)
		j.Doubts = nil
		if j.judgeKinds(all, episodes); !slices.Equal(j.Doubts, c.want) {
			t.Errorf("%s: %q, want %q", name, j.Doubts, c.want)
		}
	}
}
