package task

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Distributions of a Chance.
const (
	Uniform    = "uniform"
	LogUniform = "log_uniform"
	Normal     = "normal"
	Choice     = "choice"
)

// Chance is the distribution of a number that is drawn.
type Chance struct {
	Distribution string   `json:"distribution"`
	Low          float64  `json:"low"` // bounds of Uniform and LogUniform; of Normal, which has none if Low is High
	High         float64  `json:"high"`
	Mean         float64  `json:"mean"` // moments of Normal
	Std          float64  `json:"std"`
	Choices      []string `json:"choices,omitempty"` // what Choice chooses among, with equal chances
	numbers      []float64
}

// Draw draws a number; of choices that are texts, the index of one.
func (c *Chance) Draw(rng *rand.Rand) float64 {
	switch c.Distribution {
	case Uniform:
		return c.Low + (c.High-c.Low)*rng.Float64()
	case LogUniform:
		return min(max(math.Exp(math.Log(c.Low)+math.Log(c.High/c.Low)*rng.Float64()), c.Low), c.High) // exp and log round
	case Choice:
		i := rng.IntN(len(c.Choices))
		if c.numbers == nil {
			return float64(i)
		}
		return c.numbers[i]
	}
	if c.Low == c.High {
		return c.Mean + c.Std*rng.NormFloat64()
	}
	low, high := c.share(c.Low), c.share(c.High) // the part of a normal distribution within the bounds
	x := c.Mean + c.Std*math.Sqrt2*math.Erfinv(2*(low+(high-low)*rng.Float64())-1)
	return min(max(x, c.Low), c.High)
}

// share is the probability that an unbounded normal number is below x.
func (c *Chance) share(x float64) float64 {
	return (1 + math.Erf((x-c.Mean)/(c.Std*math.Sqrt2))) / 2
}

// farthest is how many standard deviations away Extremes takes a normal number without bounds to be: it is
// farther once in 500 million draws.
const farthest = 6

// Extremes lists the numbers between which all draws are, all numbers of a choice.
func (c *Chance) Extremes() []float64 {
	switch {
	case c.Distribution == Choice && c.numbers != nil:
		return c.numbers
	case c.Distribution == Choice:
		all := make([]float64, len(c.Choices))
		for i := range all {
			all[i] = float64(i)
		}
		return all
	case c.Distribution == Normal && c.Low == c.High:
		return []float64{c.Mean - farthest*c.Std, c.Mean + farthest*c.Std}
	}
	return []float64{c.Low, c.High}
}

// Texts reports whether the choices are texts, so that a draw is an index.
func (c *Chance) Texts() bool { return c.Distribution == Choice && c.numbers == nil }

// String describes the distribution.
func (c *Chance) String() string {
	bounds := fmt.Sprintf("[%.6g, %.6g]", c.Low, c.High)
	switch {
	case c.Distribution == Choice:
		return "choice of " + strings.Join(c.Choices, ", ")
	case c.Distribution == Normal && c.Low == c.High:
		return fmt.Sprintf("normal, mean %g, standard deviation %g", c.Mean, c.Std)
	case c.Distribution == Normal:
		return fmt.Sprintf("normal, mean %g, standard deviation %g, within %s", c.Mean, c.Std, bounds)
	case c.Distribution == LogUniform:
		return "log-uniform in " + bounds
	}
	return "uniform in " + bounds
}

// setBounds overrides the bounds.
func (c *Chance) setBounds(low, high float64) error {
	if c.Distribution != Uniform && c.Distribution != LogUniform {
		return fmt.Errorf("is %s, its bounds cannot be set", c.Distribution)
	}
	if !(low <= high) || math.IsInf(high-low, 0) {
		return fmt.Errorf("bounds [%v, %v], want finite low ≤ high", low, high)
	}
	if c.Distribution == LogUniform && !(low > 0) {
		return fmt.Errorf("bounds [%v, %v], want them above 0 for log_uniform", low, high)
	}
	c.Low, c.High = low, high
	return nil
}

// chance returns the readers of a distribution. given receives the node of each that is given.
func (l *loader) chance(c *Chance, given *[]*yaml.Node) readers {
	bounds := func(n *yaml.Node) {
		b := l.numbers(n, 2)
		if c.Low, c.High = b[0], b[1]; !(c.Low <= c.High) {
			l.report(n, "bounds [%g, %g]: want the lower one first", c.Low, c.High)
		}
	}
	one := func(distribution string, read func(*yaml.Node)) func(*yaml.Node) {
		return func(n *yaml.Node) {
			*given = append(*given, n)
			c.Distribution = distribution
			read(n)
		}
	}
	return readers{
		Uniform: one(Uniform, bounds),
		LogUniform: one(LogUniform, func(n *yaml.Node) {
			if bounds(n); c.Low <= c.High && !(c.Low > 0) {
				l.report(n, "bounds [%g, %g]: want them above 0", c.Low, c.High)
			}
		}),
		Normal: one(Normal, func(n *yaml.Node) {
			moments := l.numbers(n, 2)
			if c.Mean, c.Std = moments[0], moments[1]; !(c.Std > 0) {
				l.report(n, "standard deviation %g: want one above 0", c.Std)
			}
		}),
		Choice: one(Choice, func(n *yaml.Node) { l.choices(c, n) }),
	}
}

// choices reads what is chosen among: numbers, or texts.
func (l *loader) choices(c *Chance, node *yaml.Node) {
	entries := l.list(node)
	if len(entries) == 0 {
		l.report(node, "want at least one to choose")
	}
	var numbers []float64
	for _, entry := range entries {
		if entry.Kind == yaml.SequenceNode { // several numbers
			var words []string
			for _, x := range l.numbers(entry, -1) {
				words = append(words, strconv.FormatFloat(x, 'g', -1, 64))
			}
			c.Choices = append(c.Choices, strings.Join(words, " "))
			continue
		}
		c.Choices = append(c.Choices, l.word(entry))
		if x, err := strconv.ParseFloat(entry.Value, 64); err == nil {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				l.report(entry, "%s is not finite", entry.Value)
			}
			numbers = append(numbers, x)
		}
	}
	if len(numbers) == len(c.Choices) {
		c.numbers = numbers
	}
}

// checkChance reports a line that gives no distribution, or several.
func (l *loader) checkChance(node *yaml.Node, given []*yaml.Node) {
	if len(given) == 0 {
		l.report(node, "want uniform: [low, high], log_uniform: [low, high], normal: [mean, standard deviation] or choice: [...]")
	}
	for _, n := range given[min(1, len(given)):] {
		l.report(n, "another distribution is given above")
	}
}
