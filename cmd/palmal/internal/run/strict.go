package run

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/palmal-rl/palmal/physics/task"
)

// Assignment sets one key of the configuration.
type Assignment struct {
	Key    string
	Origin string // for messages: "my.yaml:3", "--set"
	node   *yaml.Node
}

// Typed is an assignment of a value typed on the command line. A list may stand without brackets.
func Typed(key, value, origin string) Assignment {
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(value), &document); err != nil || len(document.Content) != 1 {
		return Assignment{key, origin, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value}}
	}
	return Assignment{key, origin, document.Content[0]}
}

// TypedList is an assignment of words typed on the command line, each as it is.
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
	if p.Key == "" {
		return fmt.Sprintf("%s: %s", p.Origin, p.Reason)
	}
	return fmt.Sprintf("%s: %s %s", p.Origin, p.Key, p.Reason)
}

// Problems are all mistakes of a configuration.
type Problems []Problem

// Error lists them, one a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Error()
	}
	return strings.Join(lines, "\n")
}

// parse lists what a YAML text sets.
func parse(name string, text []byte) ([]Assignment, error) {
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
	flatten(name, "", root, sections, &assignments, &problems)
	if len(problems) > 0 {
		return nil, problems
	}
	return assignments, nil
}

// flatten lists the assignments of a mapping. A key that is given twice is a mistake.
func flatten(file, path string, mapping *yaml.Node, sections map[string]bool, out *[]Assignment, problems *Problems) {
	seen := map[string]int{}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		name, value := mapping.Content[i], resolveAlias(mapping.Content[i+1])
		key := strings.TrimPrefix(path+"."+name.Value, ".")
		origin := fmt.Sprintf("%s:%d", file, name.Line)
		if line, twice := seen[key]; twice {
			*problems = append(*problems, Problem{key, origin, fmt.Sprintf("is given twice, first in line %d", line)})
		}
		seen[key] = name.Line
		switch {
		case !sections[key]:
			*out = append(*out, Assignment{key, origin, value})
		case value.Kind == yaml.MappingNode:
			flatten(file, key, value, sections, out, problems)
		case value.Tag != "!!null":
			*problems = append(*problems, Problem{key, origin, "is a section: its keys stand indented below it"})
		}
	}
}

func resolveAlias(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

// assign applies one assignment, or says what is wrong with it.
func assign(config *Config, a Assignment) *Problem {
	if name, ok := strings.CutPrefix(a.Key, "parameters."); ok {
		return assignParameter(config, name, a)
	}
	var target reflect.Value
	walk(reflect.ValueOf(config).Elem(), "", func(key string, value reflect.Value) {
		if key == a.Key && value.Kind() != reflect.Map {
			target = value
		}
	})
	if !target.IsValid() {
		for _, key := range append(Keys(), "parameters.NAME") {
			if strings.HasPrefix(key, a.Key+".") {
				return &Problem{a.Key, a.Origin, fmt.Sprintf("is a section: set one of its keys, as in %s", key)}
			}
		}
		return &Problem{"", a.Origin, fmt.Sprintf("unknown key %q, did you mean %q?", a.Key, nearestKey(a.Key))}
	}
	if err := set(target, a.node); err != nil {
		return &Problem{a.Key, a.Origin, err.Error()}
	}
	return nil
}

// assignParameter applies one to a parameter of the task. In the configuration of a run directory
// every parameter is given, and whether there is such a one is for the task to say.
func assignParameter(config *Config, name string, a Assignment) *Problem {
	var x float64
	if err := set(reflect.ValueOf(&x).Elem(), a.node); err != nil {
		return &Problem{a.Key, a.Origin, err.Error()}
	}
	t, err := config.LoadTask()
	if err == nil {
		err = t.Set(name, x)
	}
	if err != nil {
		return &Problem{a.Key, a.Origin, "is refused: " + err.Error()}
	}
	config.Parameters[name] = x
	return nil
}

// nearestKey finds the key that was meant: one with the same last word, or the nearest of all.
func nearestKey(key string) string {
	last := func(k string) string { return k[strings.LastIndex(k, ".")+1:] }
	keys := Keys()
	words := make([]string, len(keys))
	for i, known := range keys {
		words[i] = last(known)
	}
	if strings.Contains(key, ".") {
		section := key[:strings.LastIndex(key, ".")+1]
		siblings := []string{}
		for _, known := range keys {
			if strings.HasPrefix(known, section) {
				siblings = append(siblings, known)
			}
		}
		if len(siblings) > 0 {
			return task.Nearest(key, siblings)
		}
	}
	nearest := task.Nearest(last(key), words)
	for i, word := range words {
		if word == nearest {
			return keys[i]
		}
	}
	return ""
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
