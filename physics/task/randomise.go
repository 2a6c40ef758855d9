package task

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/palmal-rl/palmal/physics/task/formula"
	"github.com/palmal-rl/palmal/physics/task/mjcf"
)

// Randomisation is a number that is drawn for each episode and changes attributes of the model.
type Randomisation struct {
	Name    string `json:"name"`
	Unit    string `json:"unit,omitempty"`
	Meaning string `json:"meaning,omitempty"`
	Chance
	Changes []Change `json:"changes"`
}

// Change sets an attribute of the model, or some of its numbers, by a drawn number.
type Change struct {
	Into  mjcf.Target
	Value *formula.Program // the new numbers, computed from value, the drawn number, and model, those of the model; nil: the chosen text
	text  string           // text of Value
}

// MarshalJSON writes a change as texts.
func (c Change) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"into": c.Into.String(), "formula": c.Formula()})
}

// Formula is the text of the new value.
func (c Change) Formula() string {
	if c.Value == nil {
		return "value"
	}
	return c.text
}

// Sets reports whether the change overrides the whole attribute, whatever the model says.
func (c Change) Sets() bool {
	return c.Into.Count == 0 && (c.Value == nil || !regexp.MustCompile(`\bmodel\b`).MatchString(c.text))
}

// Text returns the attribute's text for a drawn number. model are the attribute's numbers in the model, as Numbers
// returns them.
func (c Change) Text(of *Chance, drawn float64, model []float64) (string, error) {
	if c.Value == nil {
		return of.Choices[int(drawn)], nil
	}
	seen := model
	if c.Into.Count > 0 {
		if len(model) < c.Into.First+c.Into.Count {
			return "", fmt.Errorf("%s: the model writes %d numbers there", c.Into, len(model))
		}
		seen = model[c.Into.First : c.Into.First+c.Into.Count]
	}
	numbers := make([]float64, c.Value.Outputs())
	c.Value.Eval(numbers, &formula.Inputs{formula.Obs: seen, formula.Parameters: []float64{drawn}})
	if c.Into.Count > 0 {
		whole := slices.Clone(model)
		copy(whole[c.Into.First:], numbers)
		numbers = whole
	}
	words := make([]string, len(numbers))
	for i, x := range numbers {
		words[i] = strconv.FormatFloat(x, 'g', -1, 64)
	}
	return strings.Join(words, " "), nil
}

// Numbers returns the numbers that a model writes for an attribute, or MuJoCo's defaults; nil where it has none.
func Numbers(d *mjcf.Document, e *mjcf.Element, attribute string) []float64 {
	return ReadNumbers(d.Written(e, attribute))
}

// ReadNumbers reads the numbers of an attribute's text; nil where it has words.
func ReadNumbers(text string) []float64 {
	var numbers []float64
	for _, word := range strings.Fields(text) {
		x, err := strconv.ParseFloat(word, 64)
		if err != nil {
			return nil
		}
		numbers = append(numbers, x)
	}
	return numbers
}
