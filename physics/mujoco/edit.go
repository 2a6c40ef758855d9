package mujoco

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Edit sets one attribute of one element of an MJCF text before it is compiled, so
// that masses, inertias and other derived values follow.
//
// Example: {"body", "wrist", "pos", "0.421 0 0"}.
type Edit struct {
	Element   string `json:"element" yaml:"element"`     // tag: "body", "geom", "motor", "option"
	Name      string `json:"name" yaml:"name"`           // its name attribute; "" means the only element of this tag
	Attribute string `json:"attribute" yaml:"attribute"` // set, or added if missing; MuJoCo refuses unknown ones
	Value     string `json:"value" yaml:"value"`         // text of the attribute
}

// Target names the attribute that e sets, such as "geom torso: size".
func (e Edit) Target() string {
	if e.Name == "" {
		return e.Element + ": " + e.Attribute
	}
	return e.Element + " " + e.Name + ": " + e.Attribute
}

func (e Edit) matches(s xml.StartElement) bool {
	return s.Name.Local == e.Element && (e.Name == "" || attribute(s, "name") == e.Name)
}

func attribute(s xml.StartElement, name string) string {
	for _, a := range s.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// Apply returns the MJCF text with the edits made, in order. An edit that matches no
// element, or more than one, is refused.
func Apply(mjcf []byte, edits []Edit) ([]byte, error) {
	if len(edits) == 0 {
		return mjcf, nil
	}
	var out bytes.Buffer
	in, enc := xml.NewDecoder(bytes.NewReader(mjcf)), xml.NewEncoder(&out)
	found, named := make([]int, len(edits)), make([][]string, len(edits))
	for {
		token, err := in.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("mujoco: edit model: %w", err)
		}
		if start, ok := token.(xml.StartElement); ok {
			for i, e := range edits {
				if start.Name.Local == e.Element {
					named[i] = append(named[i], attribute(start, "name"))
				}
				if e.matches(start) {
					found[i]++
					start.Attr = with(start.Attr, e.Attribute, e.Value)
				}
			}
			token = start
		}
		if err := enc.EncodeToken(token); err != nil {
			return nil, fmt.Errorf("mujoco: edit model: %w", err)
		}
	}
	for i, e := range edits {
		if found[i] != 1 {
			return nil, fmt.Errorf("mujoco: edit %q fits %d elements, want 1; elements %q of the model are named %q",
				e.Target(), found[i], e.Element, named[i])
		}
	}
	if err := enc.Flush(); err != nil {
		return nil, fmt.Errorf("mujoco: edit model: %w", err)
	}
	return out.Bytes(), nil
}

// with returns a copy of attrs with the value for name.
func with(attrs []xml.Attr, name, value string) []xml.Attr {
	attrs = slices.Clone(attrs)
	for i := range attrs {
		if attrs[i].Name.Local == name {
			attrs[i].Value = value
			return attrs
		}
	}
	return append(attrs, xml.Attr{Name: xml.Name{Local: name}, Value: value})
}

// Names returns the names of all elements of an MJCF text, by tag, in their order;
// "" where an element has none.
func Names(mjcf []byte) (map[string][]string, error) {
	names := map[string][]string{}
	in := xml.NewDecoder(bytes.NewReader(mjcf))
	for {
		token, err := in.Token()
		if errors.Is(err, io.EOF) {
			return names, nil
		}
		if err != nil {
			return nil, fmt.Errorf("mujoco: read model: %w", err)
		}
		if start, ok := token.(xml.StartElement); ok {
			tag := start.Name.Local
			names[tag] = append(names[tag], attribute(start, "name"))
		}
	}
}
