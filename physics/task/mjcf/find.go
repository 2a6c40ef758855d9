package mjcf

import (
	"fmt"
	"slices"
	"strings"
)

// Suggest returns a hint to follow an unknown name, as task.Suggest does.
type Suggest func(name string, known []string) string

// Find returns the element of a target. Its error names what there is.
func (d *Document) Find(t Target, suggest Suggest) (*Element, error) {
	at := d.root
	for i, s := range t.steps {
		var candidates []*Element
		if i == 0 { // anywhere; what stands in defaults is reached by its class
			at.each(func(e *Element) {
				if e.Tag == "default" || !e.inDefaults() {
					candidates = append(candidates, e)
				}
			})
		} else {
			candidates = at.children
		}
		where := "the model"
		if i > 0 {
			where = t.steps[i-1].String()
		}
		next, err := choose(candidates, s, where, suggest)
		if err != nil {
			return nil, err
		}
		at = next
	}
	return at, nil
}

// choose returns the one of the candidates that a step means.
func choose(candidates []*Element, s step, where string, suggest Suggest) (*Element, error) {
	var tags, names []string
	var fitting []*Element
	for _, e := range candidates {
		if !slices.Contains(tags, e.Tag) {
			tags = append(tags, e.Tag)
		}
		if e.Tag == s.tag && e.Name != "" {
			names = append(names, e.Name)
		}
		if e.Tag == s.tag && (s.name == "" || e.Name == s.name) {
			fitting = append(fitting, e)
		}
	}
	switch n := len(fitting); {
	case !slices.Contains(tags, s.tag):
		slices.Sort(tags)
		return nil, fmt.Errorf("%s has no element %q%s", where, s.tag, suggest(s.tag, tags))
	case n == 0:
		return nil, fmt.Errorf("%s has no %s %q%s", where, s.tag, s.name, suggest(s.name, names))
	case s.index >= n:
		return nil, fmt.Errorf("%s has no %s: there are %d, from %s[0]", where, s, n, s.tag)
	case s.index >= 0:
		return fitting[s.index], nil
	case n > 1:
		example := fmt.Sprintf("%s[0] to %s[%d]", s.tag, s.tag, n-1)
		if len(names) > 0 && s.name == "" {
			example = s.tag + "." + strings.Join(names[:min(len(names), 3)], ", "+s.tag+".") + " or " + example
		}
		return nil, fmt.Errorf("%s has %d elements %s: say which, as %s", where, n, s, example)
	}
	return fitting[0], nil
}

// Written returns the text of an attribute: the element's own, that of its class of defaults, or MuJoCo's default
// where that is known here; "" where none is.
func (d *Document) Written(e *Element, attribute string) string {
	if text, ok := e.attributes[attribute]; ok {
		return text
	}
	for _, class := range d.classes(e) {
		for _, sample := range class.children {
			if text, ok := sample.attributes[attribute]; ok && alike(sample.Tag, e.Tag) {
				return text
			}
		}
	}
	return builtIn(e.Tag, attribute)
}

// classes lists the classes of defaults of an element, the nearest first: its own or its body's, those around it, and
// the topmost ones, which are for all.
func (d *Document) classes(e *Element) []*Element {
	name := e.attributes["class"]
	for at := e.parent; at != nil && name == "" && !e.inDefaults(); at = at.parent {
		name = at.attributes["childclass"]
	}
	var own, topmost []*Element
	d.root.each(func(one *Element) {
		switch {
		case one.Tag != "default":
		case !one.inDefaults():
			topmost = append(topmost, one)
		case name != "" && one.Name == name:
			own = append(own, one)
		}
	})
	if e.inDefaults() {
		own = []*Element{e.parent}
	}
	for i := 0; i < len(own); i++ {
		if above := own[i].parent; above.Tag == "default" {
			own = append(own, above)
		}
	}
	return append(own, topmost...)
}

// actuators lists the elements that share their defaults.
func actuators() []string {
	return []string{"general", "motor", "position", "velocity", "intvelocity", "damper", "cylinder", "muscle", "adhesion"}
}

// alike reports whether an element takes the defaults of another tag.
func alike(sample, tag string) bool {
	return sample == tag || sample == "general" && slices.Contains(actuators(), tag)
}

// builtIn returns MuJoCo's own default of an attribute, "" where the compiler derives it or it is not known here.
// Source: MuJoCo 2.2.2, XML reference.
func builtIn(tag, attribute string) string {
	if attribute == "gear" && slices.Contains(actuators(), tag) {
		return "1 0 0 0 0 0"
	}
	return builtIns()[tag+"."+attribute]
}

func builtIns() map[string]string {
	return map[string]string{
		"geom.friction": "1 0.005 0.0001", "geom.density": "1000", "geom.margin": "0", "geom.gap": "0", "geom.solref": "0.02 1",
		"geom.solimp": "0.9 0.95 0.001 0.5 2", "geom.rgba": "0.5 0.5 0.5 1", "geom.pos": "0 0 0", "site.pos": "0 0 0", "body.pos": "0 0 0",
		"camera.pos": "0 0 0", "light.pos": "0 0 0", "joint.pos": "0 0 0", "joint.axis": "0 0 1", "joint.damping": "0", "joint.stiffness": "0",
		"joint.armature": "0", "joint.frictionloss": "0", "joint.ref": "0", "joint.springref": "0", "freejoint.armature": "0",
		"position.kp": "1", "velocity.kv": "1", "intvelocity.kp": "1", "option.gravity": "0 0 -9.81", "option.wind": "0 0 0", "option.density": "0",
		"option.viscosity": "0", "option.impratio": "1", "mesh.scale": "1 1 1", "fixed.stiffness": "0", "fixed.damping": "0", "fixed.frictionloss": "0",
		"spatial.stiffness": "0", "spatial.damping": "0", "spatial.frictionloss": "0",
	}
}

// Attributes lists the attributes that elements of a tag have in the model, and those whose defaults are known here.
func (d *Document) Attributes(tag string) []string {
	var names []string
	d.root.each(func(e *Element) {
		for name := range e.attributes {
			if e.Tag == tag && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	})
	for key := range builtIns() {
		if name, ok := strings.CutPrefix(key, tag+"."); ok && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
