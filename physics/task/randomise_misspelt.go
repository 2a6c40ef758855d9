package task

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/palmal-rl/palmal/physics/task/mjcf"
)

// setAttribute is an attribute that a line changes without a mistake that is known here.
type setAttribute struct {
	into mjcf.Target
	node *yaml.Node
}

// misspelt returns the attribute that was probably meant; "" where an element of that kind writes the given one, or
// nothing like it. MuJoCo alone knows all attributes.
func (r *randomiser) misspelt(into mjcf.Target) string {
	known := r.model.Attributes(into.Tag())
	if slices.Contains(known, into.Attribute) {
		return ""
	}
	return Near(into.Attribute, known)
}

// reportMisspelt reports attributes that are probably misspelt beside other mistakes, for which the file is refused anyway.
// MuJoCo refuses them by itself only when there are no others.
func (r *randomiser) reportMisspelt() {
	for _, s := range r.set {
		if near := r.misspelt(s.into); near != "" {
			r.report(s.node, "%s: the model writes no attribute %q, did you mean %q?", s.into, s.into.Attribute, near)
		}
	}
}
