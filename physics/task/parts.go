package task

import (
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// places reads the simulator's numbers that formulas use: each a place or a list of places.
func (l *loader) places(node *yaml.Node) {
	s := &l.t.Scene
	for _, p := range l.pairs(node) {
		place, n, _, err := parsePlace(l.word(p.value))
		switch {
		case err != nil:
			l.report(p.value, "%v", err)
		case place.Field == GoalNumber, place.Field == LastTaken:
			l.report(p.value, "formulas know the drawn goal as goal.NAME and the last action as action.NAME")
		case taken(p.key.Value):
			l.report(p.key, "%q is a word of formulas", p.key.Value)
		default:
			l.usePlace(place, p.value)
			l.mark("place "+p.key.Value, p.value)
			s.Places = append(s.Places, NamedPlace{p.key.Value, place, s.Size, n})
			s.Size += n
		}
	}
}

func (l *loader) marker(node *yaml.Node) {
	l.fields(node, readers{
		"position":   func(n *yaml.Node) { l.raw.position = n },
		"quaternion": func(n *yaml.Node) { l.raw.quaternion = n },
	})
}

// stateLimits reads bounds on the state that the observation does not show.
func (l *loader) stateLimits(node *yaml.Node) {
	for _, entry := range l.list(node) {
		var limit Limit
		l.fields(entry, readers{
			"of": func(n *yaml.Node) {
				if limit.Field = l.word(n); limit.Field != Position && limit.Field != Velocity {
					l.report(n, "state_limits are of qpos and qvel")
				}
			},
			"first": l.wholeInto(&limit.First, 0), "below": l.numberInto(&limit.Below),
		}, "of", "below")
		l.t.Scene.Limits = append(l.t.Scene.Limits, limit)
	}
}

func (l *loader) success(node *yaml.Node) {
	l.fields(node, readers{
		"step":    func(n *yaml.Node) { l.raw.achieved = n },
		"episode": func(n *yaml.Node) { l.raw.succeeded = n },
	}, "episode")
}

func (l *loader) measures(node *yaml.Node) {
	for _, p := range l.pairs(node) {
		m, of := Measure{Name: p.key.Value}, p.value
		if p.value.Kind == yaml.MappingNode {
			of = nil
			l.fields(p.value, readers{"formula": func(n *yaml.Node) { of = n }, "unit": l.into(&m.Unit), "circular": l.flagInto(&m.Circular)}, "formula")
		}
		if of != nil {
			l.t.Measures, l.raw.measures = append(l.t.Measures, m), append(l.raw.measures, of)
		}
	}
}

// perturbations reads the named changes of the model.
func (l *loader) perturbations(node *yaml.Node) {
	for _, entry := range l.list(node) {
		var p Perturbation
		l.fields(entry, readers{
			"name": l.into(&p.Name), "unit": l.into(&p.Unit), "meaning": l.into(&p.Meaning), "value": l.numberInto(&p.Value),
			"range": func(n *yaml.Node) {
				bounds := l.numbers(n, 2)
				p.Low, p.High = bounds[0], bounds[1]
			},
			"edits": func(n *yaml.Node) {
				for _, edit := range l.list(n) {
					var e Edit
					var value *yaml.Node
					l.fields(edit, readers{"element": l.into(&e.Element), "name": l.into(&e.Name), "attribute": l.into(&e.Attribute),
						"value": func(n *yaml.Node) { value = n }}, "element", "attribute", "value")
					p.Edits = append(p.Edits, e)
					l.raw.perturbations = append(l.raw.perturbations, value)
				}
			},
		}, "name", "value", "range", "edits")
		l.t.Perturbations = append(l.t.Perturbations, p)
	}
}

// recording reads the layout of recordings.
func (l *loader) recording(node *yaml.Node) {
	r := &l.t.Recording
	layout := func(to *[]Recorded) func(*yaml.Node) {
		return func(n *yaml.Node) {
			for _, entry := range l.list(n) {
				*to = append(*to, l.recorded(entry)...)
			}
		}
	}
	l.fields(node, readers{
		"qpos": layout(&r.Qpos), "qvel": layout(&r.Qvel), "observation": layout(&r.Observation), "success": l.into(&r.Success),
		"bounds": func(n *yaml.Node) {
			l.fields(n, readers{"qpos": l.numberInto(&r.Bounds.Qpos), "qvel": l.numberInto(&r.Bounds.Qvel),
				"obs": l.numberInto(&r.Bounds.Obs), "reward": l.numberInto(&r.Bounds.Reward)}, "qpos", "qvel", "obs", "reward")
		},
		"goal": func(n *yaml.Node) {
			r.Goal.Count = l.t.Goals()
			l.fields(n, readers{"field": l.into(&r.Goal.Field), "count": l.wholeInto(&r.Goal.Count, 1),
				"drawn": func(n *yaml.Node) { l.raw.goal = n }}, "field")
		},
	})
}

// recorded reads one part of a layout: "3", "0:9", "qvel 27:30", "ignored*9" or "zero*84".
func (l *loader) recorded(node *yaml.Node) []Recorded {
	text := l.word(node)
	if word, count, ok := strings.Cut(text, "*"); ok {
		kind, known := map[string]int{"ignored": Ignored, "zero": Zero}[word]
		if n, err := strconv.Atoi(count); known && err == nil && n > 0 && n < 1<<16 {
			return slices.Repeat([]Recorded{{kind, 0}}, n)
		}
	}
	kind := Own
	if rest, ok := strings.CutPrefix(text, "qvel "); ok {
		kind, text = OfVelocity, rest
	}
	low, high, several := strings.Cut(text, ":")
	first, err := strconv.Atoi(low)
	end := first + 1
	if several && err == nil {
		end, err = strconv.Atoi(high)
	}
	if err != nil || first < 0 || end <= first || end-first > 1<<16 {
		l.report(node, `%q: want an index, a range as 0:9, "qvel 0:9", "ignored*9" or "zero*9"`, node.Value)
		return nil
	}
	all := make([]Recorded, end-first)
	for i := range all {
		all[i] = Recorded{kind, first + i}
	}
	return all
}
