package algo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/palmal-rl/palmal/internal/number"
)

// apply reads a preset file over the configuration: parts for algorithms, each with keys of the
// configuration, from top to bottom.
func (c *Config) apply(file string, text []byte, horizon int) error {
	var document yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&document); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: %s", file, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: holds more than one document", file)
	}
	if len(document.Content) == 0 {
		return nil
	}
	o := overlay{file: file, horizon: horizon}
	o.pairs(document.Content[0], func(key, value *yaml.Node) {
		if key.Value != partAs && o.holds(key, c.Algorithm) {
			o.fill(value, reflect.ValueOf(c).Elem(), "")
		}
	})
	return errors.Join(o.problems...)
}

// partAs is the part of tuned.yaml that names presets that are better than its own values, by algorithm.
const partAs = "as"

// betterPreset is the preset that tuned.yaml names for an algorithm; empty where it names none.
func betterPreset(text []byte, algorithm Algorithm) (best string, err error) {
	var document yaml.Node
	if yaml.Unmarshal(text, &document) != nil || len(document.Content) == 0 {
		return "", nil // apply reports what is wrong
	}
	o := overlay{file: PresetTuned + ".yaml"}
	o.pairs(document.Content[0], func(key, value *yaml.Node) {
		if key.Value != partAs {
			return
		}
		o.pairs(value, func(key, value *yaml.Node) {
			if !slices.Contains(Presets(), value.Value) || value.Value == PresetTuned {
				o.report(value, "%q: want one of %v", value.Value, Presets()[1:])
			}
			if o.holds(key, algorithm) {
				best = value.Value
			}
		})
	})
	return best, errors.Join(o.problems...)
}

// UnknownKey is the error of a key in a preset file that no configuration has.
type UnknownKey struct {
	Place  string // file, line and column
	Key    string // name with its section, as in "npg.gama"
	Value  string // value that it was given; "" for a list or a section
	Dotted bool   // the file writes the section and the name as one word
}

// Error names the place and the key.
func (u *UnknownKey) Error() string { return fmt.Sprintf("%s: unknown key %q", u.Place, u.Key) }

// overlay puts the values of a YAML file over those of a configuration and collects every mistake.
type overlay struct {
	file     string
	horizon  int
	problems []error
}

func (o *overlay) report(at *yaml.Node, format string, arguments ...any) {
	o.problems = append(o.problems, fmt.Errorf("%s:%d:%d: %s", o.file, at.Line, at.Column, fmt.Sprintf(format, arguments...)))
}

func (o *overlay) pairs(node *yaml.Node, visit func(key, value *yaml.Node)) {
	if node.Kind != yaml.MappingNode {
		o.report(node, "want keys and values")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		if seen[key.Value] {
			o.report(key, "%s is given twice", key.Value)
		}
		seen[key.Value] = true
		visit(key, node.Content[i+1])
	}
}

// holds reports whether a part is for an algorithm: "all", or a list of names.
func (o *overlay) holds(key *yaml.Node, algorithm Algorithm) bool {
	mine := false
	for word := range strings.SplitSeq(key.Value, ",") {
		switch word = strings.TrimSpace(word); {
		case word == "all" || word == string(algorithm):
			mine = true
		case !slices.Contains(Algorithms(), Algorithm(word)):
			o.report(key, "%q: want all, or some of %v", word, Algorithms())
		}
	}
	return mine
}

// fill sets the keys of a section.
func (o *overlay) fill(node *yaml.Node, section reflect.Value, prefix string) {
	o.pairs(node, func(key, value *yaml.Node) {
		for i := range section.NumField() {
			if name, _, _ := strings.Cut(section.Type().Field(i).Tag.Get("yaml"), ","); name == key.Value && prefix+name != "algo" {
				o.set(value, section.Field(i), prefix+name)
				return
			}
		}
		o.problems = append(o.problems, &UnknownKey{Place: fmt.Sprintf("%s:%d:%d", o.file, key.Line, key.Column),
			Key: prefix + key.Value, Value: value.Value, Dotted: strings.Contains(key.Value, ".")})
	})
}

// set sets one value, or a section.
func (o *overlay) set(node *yaml.Node, field reflect.Value, key string) {
	switch {
	case field.Kind() == reflect.Struct:
		o.fill(node, field, key+".")
	case node.Kind == yaml.MappingNode && field.Kind() == reflect.Int:
		field.SetInt(int64(o.episodes(node)))
	default:
		if err := assign(node, field); err != nil {
			wanted := map[reflect.Kind]string{reflect.Int: "a whole number", reflect.Uint64: "a whole number that is not negative", reflect.Float64: "a number",
				reflect.Bool: "true or false", reflect.String: "a word", reflect.Slice: "a list of whole numbers"}[field.Kind()]
			o.report(node, "%s: want %s%s", key, wanted, number.Because(err))
		}
	}
}

// assign sets a field to a value: YAML decides what words and lists are, package number what a number is.
func assign(node *yaml.Node, field reflect.Value) error {
	switch field.Kind() {
	case reflect.Int, reflect.Uint64, reflect.Float64:
		return number.Set(field, node.Value)
	case reflect.Slice:
		if node.Kind != yaml.SequenceNode {
			return errors.New("is not a list")
		}
		list := reflect.MakeSlice(field.Type(), len(node.Content), len(node.Content))
		for i, item := range node.Content {
			if err := assign(item, list.Index(i)); err != nil {
				return err
			}
		}
		field.Set(list)
		return nil
	}
	if node.Tag == "!!null" { // which YAML takes for the value that was there
		return errors.New("says nothing")
	}
	return node.Decode(field.Addr().Interface())
}

// episodes reads {episodes: n, at_most: m}: the environment steps of n episodes, m at most.
func (o *overlay) episodes(node *yaml.Node) int {
	n, most := 0, 0
	o.pairs(node, func(key, value *yaml.Node) {
		to := map[string]*int{"episodes": &n, "at_most": &most}[key.Value]
		if to == nil {
			o.report(key, "unknown key %q: want episodes and at_most", key.Value)
		} else if err := assign(value, reflect.ValueOf(to).Elem()); err != nil || *to < 1 {
			o.report(value, "%s: want a whole number of at least 1", value.Value)
		}
	})
	if n == 0 || most == 0 {
		o.report(node, "want episodes and at_most")
	}
	return min(n*o.horizon, most)
}
