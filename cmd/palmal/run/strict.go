package run

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Assignment sets one key of the configuration.
type Assignment struct {
	Key    string
	Origin string // origin in messages: "my.yaml:3:1", "--set"
	node   *yaml.Node
}

// Typed is an assignment of a value typed on the command line. A list may stand without brackets.
func Typed(key, value, origin string) Assignment {
	var document yaml.Node
	decoder := yaml.NewDecoder(strings.NewReader(value))
	if err := decoder.Decode(&document); err != nil || len(document.Content) != 1 || decoder.Decode(new(yaml.Node)) != io.EOF {
		return TypedWord(key, value, origin)
	}
	node := document.Content[0]
	if quoted := node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0; !quoted && holdsText(currentKey(key)) {
		return TypedWord(key, strings.TrimSpace(value), origin)
	}
	return Assignment{currentKey(key), origin, node}
}

// holdsText reports whether a key holds a path or a command: to YAML "arm #2" ends before the "#", and "tcp:" is a
// section.
func holdsText(key string) bool {
	return slices.Contains([]string{"task", "world", "from", "run.python"}, key)
}

// TypedWord is an assignment of one word typed on the command line, unchanged.
func TypedWord(key, word, origin string) Assignment {
	return Assignment{currentKey(key), origin, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: word}}
}

// TypedList is an assignment of words typed on the command line, each unchanged.
func TypedList(key string, words []string, origin string) Assignment {
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for _, word := range words {
		list.Content = append(list.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: word})
	}
	return Assignment{key, origin, list}
}

// Problem is one mistake in a configuration.
type Problem struct {
	Key, Origin, Reason string
}

// Error names the place, the key and the reason.
func (p Problem) Error() string {
	switch {
	case p.Origin == "":
		return p.Reason
	case p.Key == "":
		return fmt.Sprintf("%s: %s", p.Origin, p.Reason)
	}
	return fmt.Sprintf("%s: %s %s", p.Origin, p.Key, p.Reason)
}

// Problems are all mistakes of a configuration.
type Problems []Problem

// mostProblems is the number of mistakes in one message.
const mostProblems = 40

// Error lists them, one a line.
func (p Problems) Error() string {
	var lines []string
	for _, problem := range p[:min(len(p), mostProblems)] {
		lines = append(lines, problem.Error())
	}
	if len(p) > mostProblems {
		lines = append(lines, fmt.Sprintf("and %d mistakes more", len(p)-mostProblems))
	}
	return strings.Join(lines, "\n")
}

// and adds a problem, and computes it only if the message will show it.
func (p Problems) and(problem func() Problem) Problems {
	if len(p) < mostProblems {
		return append(p, problem())
	}
	return append(p, Problem{})
}

// parse lists what a YAML text sets.
func parse(name string, text []byte) ([]Assignment, error) {
	utf16 := bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff"))
	if !utf16 && !utf8.Valid(text) {
		return nil, fmt.Errorf("%s: is no text in UTF-8", name)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("%s: %s", name, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: holds more than one document", name)
	}
	root := document.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%s:%d: want keys and values, as in \"task: cartpole\"", name, root.Line)
	}
	sections := map[string]bool{"": true}
	for _, key := range append(Keys(), "parameters.x") {
		if section, _, ok := strings.Cut(key, "."); ok {
			sections[section] = true
		}
	}
	var assignments []Assignment
	var problems Problems
	flatten(name, "", root, sections, map[string]int{}, &assignments, &problems)
	if len(problems) > 0 {
		return assignments, problems
	}
	return assignments, nil
}

// flatten lists the assignments of a mapping. A key that is given twice is a mistake; seen has the lines of those so far.
func flatten(file, path string, mapping *yaml.Node, sections map[string]bool, seen map[string]int, out *[]Assignment, problems *Problems) {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		name, value := mapping.Content[i], resolveAlias(mapping.Content[i+1])
		key := currentKey(strings.TrimPrefix(path+"."+name.Value, "."))
		origin := fmt.Sprintf("%s:%d:%d", file, name.Line, name.Column)
		if reason := noKey(name); reason != "" {
			*problems = append(*problems, Problem{Origin: origin, Reason: reason})
			continue
		}
		if line, twice := seen[key]; twice {
			*problems = append(*problems, Problem{key, origin, fmt.Sprintf("is given twice, first in line %d", line)})
		}
		seen[key] = name.Line
		switch {
		case !sections[key]:
			*out = append(*out, Assignment{key, origin, value})
		case value.Kind == yaml.MappingNode:
			flatten(file, key, value, sections, seen, out, problems)
		case value.Tag != "!!null":
			*problems = append(*problems, Problem{key, origin, "is a section: its keys stand indented below it"})
		}
	}
}

// noKey says why a node cannot be the name of a key; "" if it can.
func noKey(name *yaml.Node) string {
	switch {
	case name.Tag == "!!merge":
		return "merge keys (<<) are not read here: write the keys out"
	case name.Kind != yaml.ScalarNode || name.Style&yaml.TaggedStyle != 0 || name.Value == "":
		return "a key is one word, as in \"samples: 10000\""
	}
	return ""
}

func resolveAlias(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

// fields finds every value of a configuration by its key.
func fields(config *Config) map[string]reflect.Value {
	index := map[string]reflect.Value{}
	walk(reflect.ValueOf(config).Elem(), "", func(key string, value reflect.Value) {
		if value.Kind() != reflect.Map {
			index[key] = value
		}
	})
	return index
}

// assign applies one assignment to a configuration with these fields, or returns the problem with it.
func assign(config *Config, index map[string]reflect.Value, a Assignment) func() Problem {
	if name, ok := strings.CutPrefix(a.Key, "parameters."); ok {
		return assignParameter(config, name, a)
	}
	target, known := index[a.Key]
	if !known {
		return func() Problem { return unknownKey(a) }
	}
	if err := set(target, a.node); err != nil {
		return func() Problem { return Problem{a.Key, a.Origin, err.Error()} }
	}
	return nil
}

// unknownKey returns the problem of an unknown key.
func unknownKey(a Assignment) Problem {
	for _, key := range append(Keys(), "parameters.NAME") {
		if strings.HasPrefix(key, a.Key+".") {
			return Problem{a.Key, a.Origin, fmt.Sprintf("is a section: set one of its keys, as in %s", key)}
		}
	}
	return Problem{"", a.Origin, "unknown key " + shown(a.Key) + suggestKey(a.Key, Keys())}
}

// assignParameter applies one to a parameter of the task. In the configuration of a run directory
// every parameter is given, and whether there is such a one is for the task to say.
func assignParameter(config *Config, name string, a Assignment) func() Problem {
	var x float64
	if err := set(reflect.ValueOf(&x).Elem(), a.node); err != nil {
		return func() Problem { return Problem{a.Key, a.Origin, err.Error()} }
	}
	t, err := config.LoadTask()
	if err == nil {
		err = t.Set(name, x)
	}
	if err != nil {
		return func() Problem { return Problem{a.Key, a.Origin, "is refused: " + err.Error()} }
	}
	config.Parameters[name] = x
	return nil
}

// walk visits every value of a configuration with its key, in the order of the fields; a map once,
// and then its entries by name.
func walk(v reflect.Value, prefix string, visit func(key string, value reflect.Value)) {
	for i := range v.NumField() {
		if !v.Type().Field(i).IsExported() {
			continue
		}
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		field := v.Field(i)
		switch {
		case name == "":
			walk(field, prefix, visit)
		case field.Kind() == reflect.Struct:
			walk(field, prefix+name+".", visit)
		default:
			visit(prefix+name, field)
			if field.Kind() != reflect.Map {
				continue
			}
			keys := field.MapKeys()
			sort.Slice(keys, func(i, j int) bool { return keys[i].String() < keys[j].String() })
			for _, key := range keys {
				visit(prefix+name+"."+key.String(), field.MapIndex(key))
			}
		}
	}
}
