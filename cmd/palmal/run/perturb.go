package run

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/internal/number"
)

// Perturbation is a change of the world during a run: at the first end of an iteration at or after
// a number of samples.
type Perturbation struct {
	Samples int
	Changes []string // changes made together, as package physics reads them
}

// ParsePerturbation reads SAMPLES:CHANGE[,CHANGE...], as in 8000:target_x=-0.2:0.3,target_z=0.3:0.45.
func ParsePerturbation(text string) (Perturbation, error) {
	when, what, found := strings.Cut(text, ":")
	whole, err := number.ParseWhole(strings.TrimSpace(when))
	if !found || err != nil || !strings.Contains(what, "=") || strings.Contains(when, "=") {
		return Perturbation{}, fmt.Errorf("%s: want SAMPLES:CHANGE, as in 10000:forearm=0.421%s", shown(text), number.Because(err))
	}
	samples, fits := whole.Int()
	if whole.Negative || whole.Size < 1 {
		return Perturbation{}, fmt.Errorf("%s: the world can change after 1 sample or more; what is different from the beginning is another run's world", shown(text))
	}
	if !fits || samples > algo.MostSamples {
		return Perturbation{}, fmt.Errorf("%s: no run has more than %d samples", shown(text), algo.MostSamples)
	}
	changes, err := ParseChanges(what)
	return Perturbation{Samples: samples, Changes: changes}, err
}

// ParseChanges reads CHANGE[,CHANGE...]: changes of the world that are made together.
func ParseChanges(text string) ([]string, error) {
	changes := strings.Split(text, ",")
	for i := range changes {
		if changes[i] = strings.TrimSpace(changes[i]); changes[i] == "" {
			return nil, errors.New("an empty change: want NAME=VALUE between commas")
		}
	}
	return changes, nil
}

// String writes the perturbation as it is read.
func (p Perturbation) String() string { return fmt.Sprintf("%d:%s", p.Samples, p.What()) }

// What describes the changes.
func (p Perturbation) What() string { return strings.Join(p.Changes, ",") }

// Schedule lists the changes of the world in the order in which they happen. Each changes the world that
// the earlier ones left.
func (c Config) Schedule() ([]Perturbation, error) {
	var schedule []Perturbation
	for _, text := range c.Perturbations {
		p, err := ParsePerturbation(text)
		if err != nil {
			return nil, fmt.Errorf("perturbations: %w", err)
		}
		schedule = append(schedule, p)
	}
	slices.SortStableFunc(schedule, func(a, b Perturbation) int { return a.Samples - b.Samples })
	return schedule, nil
}

// tidy writes the perturbations in the order in which they happen, sample counts as plain numbers.
func (c *Config) tidy() error {
	schedule, err := c.Schedule()
	if err != nil {
		return err
	}
	c.Perturbations = []string{}
	for _, p := range schedule {
		c.Perturbations = append(c.Perturbations, p.String())
	}
	return nil
}
