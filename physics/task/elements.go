package task

import (
	"encoding/xml"
	"slices"

	"go.yaml.in/yaml/v3"
)

// elements are the names of the model, and those that the task file uses.
type elements struct {
	known map[string][]string // names by kind; nil where there is no model
	made  bool                // the model generates elements, whose names the text does not hold
	used  []usedElement
}

// usedElement is a name of the model in the task file.
type usedElement struct {
	kind, name string
	node       *yaml.Node
}

// note records the name of an element of the model. within are the elements around it.
func (e *elements) note(within []string, element xml.StartElement) {
	kind := element.Name.Local
	switch kind {
	case "composite", "replicate", "flexcomp", "attach":
		e.made = true
	case "freejoint":
		kind = "joint"
	}
	for _, section := range []string{"actuator", "sensor"} {
		if slices.Contains(within, section) {
			kind = section
		}
	}
	if name := attribute(element, "name", ""); name != "" {
		e.known[kind] = append(e.known[kind], name)
	}
}

func (e *elements) use(kind, name string, node *yaml.Node) {
	if name != "" && node != nil {
		e.used = append(e.used, usedElement{kind, name, node})
	}
}

// usePlace records the element of a place.
func (e *elements) usePlace(p Place, node *yaml.Node) {
	switch p.Field {
	case Position, Velocity:
		e.use("joint", p.Element, node)
	case BodyXYZ, BodyQuat, BodyMatrix, BodyVelocity, TreeCentre, Contact, RestQuat:
		e.use("body", p.Element, node)
	case SiteXYZ, SiteMatrix:
		e.use("site", p.Element, node)
	case Sensor:
		e.use("sensor", p.Element, node)
	case Control:
		e.use("actuator", p.Element, node)
	case Drawn:
		e.use(Drawn, p.Element, node)
	}
}

// checkElements reports names that the model does not have.
func (l *loader) checkElements() {
	if l.known == nil || l.made {
		return
	}
	for _, u := range l.used {
		if u.kind != Drawn && !slices.Contains(l.known[u.kind], u.name) {
			l.report(u.node, "the model has no %s %q%s", u.kind, u.name, hint(u.name, l.known[u.kind]))
		}
	}
}
