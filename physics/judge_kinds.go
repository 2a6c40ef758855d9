package physics

import (
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/physics/task"
)

// judgeKinds doubts entries that are not what their kinds and ranges say. Sensor noise may take an entry out of both, and is no mistake.
func (j *Judgement) judgeKinds(t *task.Task, episodes []Episode) {
	o, a := len(t.Observation), len(t.Action)
	told := make([]bool, o)
	for _, e := range episodes {
		for d := range len(e.Actions) / a {
			t.Unlike(e.Observations[d*o:(d+1)*o], e.Actions[d*a:(d+1)*a], e.Observations[(d+1)*o:(d+2)*o], func(i int, is string) {
				entry := t.Observation[i]
				if told[i] || entry.Noise > 0 {
					return
				}
				told[i] = true
				remedy := ""
				if entry.Kind == task.Angle {
					remedy = " (formula: wrap(value))"
				}
				j.Doubts = append(j.Doubts, observed(entry)+" "+is+remedy)
			})
		}
	}
	for i, e := range t.Observation {
		if s := j.Entries[i]; !told[i] && e.Noise == 0 && (s.Low < e.Low-rounding(e.Low) || s.High > e.High+rounding(e.High)) {
			j.Doubts = append(j.Doubts, fmt.Sprintf("%s goes from %.4g to %.4g, beyond its range [%.4g, %.4g], within which npg.clamp_range keeps model paths", observed(e), s.Low, s.High, e.Low, e.High))
		}
	}
}

// rounding is what an entry may go beyond a bound, by float32.
func rounding(bound float64) float64 { return 1e-5 * max(1, math.Abs(bound)) }
