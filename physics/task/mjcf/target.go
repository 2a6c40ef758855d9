package mjcf

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Target names an attribute of an element, or some of its numbers:
//
//	geom.floor.friction            of the geom named floor
//	geom.floor.friction[0]         its first number; [0:2] the first two
//	option.gravity                 of the only element of a tag
//	body.torso > inertial.mass     of the only inertial directly in the body
//	body.torso > geom[1].mass      of the second geom directly in the body
//	default.leg > joint.damping    of a class of defaults
type Target struct {
	steps     []step
	Attribute string
	First     int // first number that is meant
	Count     int // how many; 0: all
}

// step is an element on the way to a target.
type step struct {
	tag, name string
	index     int // among those of its tag; -1: the only one, or the named one
}

// String writes a step as it is read.
func (s step) String() string {
	switch {
	case s.name != "":
		return s.tag + "." + s.name
	case s.index >= 0:
		return fmt.Sprintf("%s[%d]", s.tag, s.index)
	}
	return s.tag
}

// Attribute returns the target of an attribute of the element with this tag and name, "" for the only one.
func Attribute(tag, name, attribute string) Target {
	return Target{steps: []step{{tag, name, -1}}, Attribute: attribute}
}

// Tag returns the tag of the element.
func (t Target) Tag() string { return t.steps[len(t.steps)-1].tag }

// Element writes the element without the attribute.
func (t Target) Element() string {
	words := make([]string, len(t.steps))
	for i, s := range t.steps {
		words[i] = s.String()
	}
	return strings.Join(words, " > ")
}

// String writes the target as it is read.
func (t Target) String() string {
	text := t.Element() + "." + t.Attribute
	switch {
	case t.Count == 1:
		text += fmt.Sprintf("[%d]", t.First)
	case t.Count > 1:
		text += fmt.Sprintf("[%d:%d]", t.First, t.First+t.Count)
	}
	return text
}

// SharesNumber reports whether two targets of one element mean the same number of the same attribute.
func (t Target) SharesNumber(other Target) bool {
	if t.Attribute != other.Attribute {
		return false
	}
	return t.Count == 0 || other.Count == 0 || t.First < other.First+other.Count && other.First < t.First+t.Count
}

// ParseTarget reads a target.
func ParseTarget(text string) (t Target, err error) {
	const form = "want ELEMENT.NAME.ATTRIBUTE, as geom.floor.friction, or ELEMENT.ATTRIBUTE of an only one, as option.gravity"
	words := strings.Split(text, ">")
	for i, word := range words {
		words[i] = strings.TrimSpace(word)
	}
	last := len(words) - 1
	attribute := regexp.MustCompile(`^(.+)\.([A-Za-z_0-9]+)(?:\[(\d+)(?::(\d+))?\])?$`).FindStringSubmatch(words[last])
	if attribute == nil {
		return t, fmt.Errorf("%q: %s", text, form)
	}
	words[last], t.Attribute = attribute[1], attribute[2]
	if attribute[3] != "" {
		t.First, _ = strconv.Atoi(attribute[3]) // digits; one that overflows fits no attribute
		t.Count = 1
		if attribute[4] != "" {
			end, _ := strconv.Atoi(attribute[4])
			if t.Count = end - t.First; t.Count < 1 {
				return t, fmt.Errorf("%q: the numbers end before they begin", text)
			}
		}
	}
	for _, word := range words {
		parts := regexp.MustCompile(`^([a-z_]+)(?:\[(\d+)\]|\.(.+))?$`).FindStringSubmatch(word)
		if parts == nil {
			return t, fmt.Errorf("%q: %s", text, form)
		}
		s := step{parts[1], parts[3], -1}
		if parts[2] != "" {
			s.index, _ = strconv.Atoi(parts[2])
		}
		t.steps = append(t.steps, s)
	}
	return t, nil
}
