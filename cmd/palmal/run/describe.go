package run

import (
	_ "embed"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/palmal-rl/palmal/algo"
)

// commentLines holds one line per key, "key<tab>comment": the comments of the fields of [Config]
// and of the types inside it, collected from the source by the test that checks them.
//
//go:embed comments.txt
var commentLines string

// comments maps each key to the comment of its field.
func comments() map[string]string {
	found := map[string]string{}
	for line := range strings.Lines(commentLines) {
		key, comment, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		found[key] = comment
	}
	return found
}

// Key is a key of the configuration as help shows it.
type Key struct {
	Name, Source, Meaning string // Source is one of algo.Sources
}

// Described lists every key with its source and meaning.
func Described() []Key {
	meanings, sources := comments(), map[string]string{}
	findSources(reflect.TypeFor[Config](), "", sources)
	var keys []Key
	for _, name := range Keys() {
		keys = append(keys, Key{name, sources[name], meanings[name]})
	}
	return keys
}

// findSources reads where each key comes from: the tag "from" of its field.
func findSources(t reflect.Type, prefix string, found map[string]string) {
	for i := range t.NumField() {
		field := t.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		switch {
		case !field.IsExported():
		case name == "":
			findSources(field.Type, prefix, found)
		case field.Type.Kind() == reflect.Struct:
			findSources(field.Type, prefix+name+".", found)
		default:
			found[prefix+name] = field.Tag.Get("from")
		}
	}
}

// YAML writes the configuration with the source and the meaning of every key beside it.
func (c Config) YAML() ([]byte, error) {
	meanings := comments()
	for _, key := range Described() {
		meanings[key.Name] = fmt.Sprintf("[%s] %s", key.Source, key.Meaning)
	}
	root := &yaml.Node{Kind: yaml.MappingNode}
	sections := map[string]*yaml.Node{"": root}
	var failure error
	walk(reflect.ValueOf(&c).Elem(), "", func(key string, value reflect.Value) {
		if value.Kind() == reflect.Map {
			addSection(root, sections, key, meanings[key])
			return
		}
		section, name, nested := strings.Cut(key, ".")
		if !nested {
			section, name = "", key
		}
		node := new(yaml.Node)
		if err := node.Encode(value.Interface()); err != nil && failure == nil {
			failure = fmt.Errorf("configuration: %s: %w", key, err)
		}
		node.Style |= yaml.FlowStyle
		node.LineComment = meanings[key]
		mapping := addSection(root, sections, section, "")
		mapping.Content = append(mapping.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: name}, node)
	})
	if failure != nil {
		return nil, failure
	}
	root.HeadComment = "Configuration of a palmal run: every value, nothing implied. In brackets: where a key comes from."
	text, err := yaml.Marshal(root)
	return alignComments(text), err
}

// alignComments puts the comments after values into one column.
func alignComments(text []byte) []byte {
	const column = 34
	var aligned strings.Builder
	for line := range strings.Lines(string(text)) {
		value, comment, found := strings.Cut(line, " # ")
		if found {
			line = fmt.Sprintf("%-*s # %s", column, value, comment)
		}
		aligned.WriteString(line)
	}
	return []byte(aligned.String())
}

// addSection finds the mapping of a section, or begins it.
func addSection(root *yaml.Node, sections map[string]*yaml.Node, name, comment string) *yaml.Node {
	if sections[name] == nil {
		sections[name] = &yaml.Node{Kind: yaml.MappingNode}
		key := &yaml.Node{Kind: yaml.ScalarNode, Value: name, HeadComment: comment}
		root.Content = append(root.Content, key, sections[name])
	}
	return sections[name]
}

// Summary says in a few lines which values are not the preset's.
func (r Resolved) Summary() (string, error) {
	changes, err := r.Config.Changes()
	if err != nil {
		return "", err
	}
	var pairs strings.Builder
	for _, c := range changes {
		if section, _, _ := strings.Cut(c.Key, "."); section != "run" && c.Key != "seed" { // these keys change no result, or are shown elsewhere
			fmt.Fprintf(&pairs, "  %s %s (preset: %s)", c.Key, c.Value, c.Preset)
		}
	}
	if pairs.Len() == 0 {
		return "every value is the preset's; config.yaml lists them\n", nil
	}
	const title, width = "not the preset's: ", 100
	return title + wrap(pairs.String(), width-len(title), len(title)) + "\n", nil
}

// wrap breaks a list of "  name value" pairs into lines no longer than width, indented.
func wrap(pairs string, width, indent int) string {
	var text strings.Builder
	used := 0
	for _, pair := range strings.Split(strings.TrimPrefix(pairs, "  "), "  ") {
		if used > 0 && used+2+len(pair) > width {
			text.WriteString("\n" + strings.Repeat(" ", indent))
			used = 0
		}
		if used > 0 {
			text.WriteString("  ")
			used += 2
		}
		text.WriteString(pair)
		used += len(pair)
	}
	return text.String()
}

// short writes a value as users type it.
func short(value reflect.Value) string {
	switch value.Kind() {
	case reflect.Float64:
		return strconv.FormatFloat(value.Float(), 'g', -1, 64)
	case reflect.Slice:
		return strings.ReplaceAll(fmt.Sprint(value.Interface()), " ", ",")
	case reflect.String:
		if value.Len() == 0 {
			return `""`
		}
	}
	return fmt.Sprint(value.Interface())
}

// Map returns the configuration as nested maps, for JSON.
func (c Config) Map() map[string]any {
	root := map[string]any{}
	walk(reflect.ValueOf(&c).Elem(), "", func(key string, value reflect.Value) {
		if value.Kind() == reflect.Map {
			root[key] = value.Interface()
			return
		}
		section, name, nested := strings.Cut(key, ".")
		if !nested {
			root[key] = jsonable(value)
		} else if _, isMap := root[section].(map[string]float64); !isMap { // its entries are there already
			if root[section] == nil {
				root[section] = map[string]any{}
			}
			root[section].(map[string]any)[name] = jsonable(value)
		}
	})
	return root
}

// jsonable returns a value that JSON can hold: an infinity becomes null.
func jsonable(value reflect.Value) any {
	if value.Kind() == reflect.Float64 {
		return algo.Number(value.Float())
	}
	return value.Interface()
}
