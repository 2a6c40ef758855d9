package task

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/palmal-rl/palmal/internal/number"
	"github.com/palmal-rl/palmal/physics/task/formula"
)

// Problems are all mistakes of a task file, with their places.
type Problems []formula.Problem

// Error lists them, one a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Error()
	}
	return strings.Join(lines, "\n")
}

// document reads the nodes of one YAML file and collects every mistake.
type document struct {
	file     string
	problems Problems
}

// parse returns the file's topmost node, nil where the text is no YAML mapping.
func (d *document) parse(text []byte) *yaml.Node {
	if bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\ufeff"))), []byte("<")) {
		d.problems = append(d.problems, formula.Problem{At: formula.Position{File: d.file},
			Text: fmt.Sprintf("is XML, as the MJCF of a robot: want a task's folder or file; palmal tasks new NAME --model %s writes one", d.file)})
		return nil
	}
	var root yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	err := decoder.Decode(&root)
	if err == nil && !errors.Is(decoder.Decode(new(yaml.Node)), io.EOF) {
		err = errors.New("holds more than one document")
	}
	if err != nil && !errors.Is(err, io.EOF) {
		d.problems = append(d.problems, formula.Problem{At: formula.Position{File: d.file}, Text: strings.TrimPrefix(err.Error(), "yaml: ")})
		return nil
	}
	if len(root.Content) != 1 || root.Content[0].Kind != yaml.MappingNode {
		d.problems = append(d.problems, formula.Problem{At: formula.Position{File: d.file}, Text: `want keys and values, as in "horizon: 200"`})
		return nil
	}
	return root.Content[0]
}

// at returns the position where the text of a node begins.
func (d *document) at(node *yaml.Node) formula.Position {
	p := formula.Position{File: d.file, Line: node.Line, Column: node.Column}
	switch node.Style {
	case yaml.SingleQuotedStyle, yaml.DoubleQuotedStyle:
		p.Column++
	case yaml.LiteralStyle, yaml.FoldedStyle: // the text begins in the next line
		p.Line, p.Column = p.Line+1, 1
	}
	return p
}

func (d *document) report(node *yaml.Node, format string, arguments ...any) {
	at := formula.Position{File: d.file, Line: node.Line, Column: node.Column}
	d.problems = append(d.problems, formula.Problem{At: at, Text: fmt.Sprintf(format, arguments...)})
}

// pair is one key of a mapping with its value.
type pair struct{ key, value *yaml.Node }

// pairs lists a mapping. A repeated key is a mistake.
func (d *document) pairs(node *yaml.Node) []pair {
	node = resolved(node)
	if node.Kind != yaml.MappingNode {
		d.report(node, "want keys and values")
		return nil
	}
	var all []pair
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		if slices.ContainsFunc(all, func(p pair) bool { return p.key.Value == key.Value }) {
			d.report(key, "%s is given twice", key.Value)
			continue
		}
		all = append(all, pair{key, resolved(node.Content[i+1])})
	}
	return all
}

func resolved(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

// readers says how each key of a mapping is read.
type readers = map[string]func(value *yaml.Node)

// fields reads a mapping with known keys, and reports the required ones that are missing.
func (d *document) fields(node *yaml.Node, known readers, needed ...string) {
	given := map[string]bool{}
	for _, p := range d.pairs(node) {
		given[p.key.Value] = true
		read, ok := known[p.key.Value]
		if !ok {
			d.report(p.key, "unknown key %q%s", p.key.Value, hint(p.key.Value, sortedKeys(known)))
			continue
		}
		read(p.value)
	}
	for _, name := range needed {
		if !given[name] {
			d.report(node, "%s is missing", name)
		}
	}
}

func sortedKeys(known readers) []string {
	var names []string
	for name := range known {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// list returns the entries of a sequence.
func (d *document) list(node *yaml.Node) []*yaml.Node {
	if node.Kind != yaml.SequenceNode {
		d.report(node, "want a list")
		return nil
	}
	var all []*yaml.Node
	for _, entry := range node.Content {
		all = append(all, resolved(entry))
	}
	return all
}

// word returns the text of a scalar.
func (d *document) word(node *yaml.Node) string {
	if node.Kind != yaml.ScalarNode {
		d.report(node, "want a single value")
		return ""
	}
	return node.Value
}

// into returns a reader that keeps a scalar's text.
func (d *document) into(to *string) func(*yaml.Node) {
	return func(node *yaml.Node) { *to = d.word(node) }
}

// number returns a finite number, which may be written as a formula of numbers, as pi/3.
func (d *document) number(node *yaml.Node) float64 {
	text := d.word(node)
	if x, err := number.Parse(text); err == nil {
		if math.IsInf(x, 0) {
			d.report(node, "%s is not finite", text)
		}
		return x
	}
	scope, _ := formula.NewScope(formula.Names{})
	p, problems := scope.Compile(text, d.at(node), formula.Want{Type: formula.Type{Length: 1}})
	d.problems = append(d.problems, problems...)
	if p == nil {
		return 0
	}
	return p.Number(&formula.Inputs{})
}

func (d *document) numberInto(to *float64) func(*yaml.Node) {
	return func(node *yaml.Node) { *to = d.number(node) }
}

// mostWhole is more than any length, count or index of a task.
const mostWhole = 1_000_000

// whole returns a whole number from least on.
func (d *document) whole(node *yaml.Node, least int) int {
	w, err := number.ParseWhole(d.word(node))
	n, fits := w.Int()
	if err != nil || !fits || n < least || n > mostWhole {
		d.report(node, "%s: want a whole number from %d to %d%s", node.Value, least, mostWhole, number.Because(err))
		return least
	}
	return n
}

func (d *document) wholeInto(to *int, least int) func(*yaml.Node) {
	return func(node *yaml.Node) { *to = d.whole(node, least) }
}

func (d *document) flagInto(to *bool) func(*yaml.Node) {
	return func(node *yaml.Node) {
		switch d.word(node) {
		case "true":
			*to = true
		case "false":
			*to = false
		default:
			d.report(node, "%s: want true or false", node.Value)
		}
	}
}

// numbers returns a list of n numbers, of any length if n is negative.
func (d *document) numbers(node *yaml.Node, n int) []float64 {
	entries := d.list(node)
	if n >= 0 && len(entries) != n {
		d.report(node, "%d numbers, want %d", len(entries), n)
		return make([]float64, n)
	}
	all := make([]float64, len(entries))
	for i, entry := range entries {
		all[i] = d.number(entry)
	}
	return all
}

// hint names the known name that was probably meant, or all.
func hint(name string, known []string) string {
	return Suggest(name, known)
}

// unknown returns the error for a name that is not among names.
func unknown(what, name string, names []string) error {
	return fmt.Errorf("unknown %s %q:%s", what, name, Suggest(name, names)[1:])
}

// joined is the error of all problems in the order of their places, nil where there are none.
func (d *document) joined() error {
	if len(d.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(d.problems, func(a, b formula.Problem) int {
		if a.At.Line != b.At.Line {
			return a.At.Line - b.At.Line
		}
		return a.At.Column - b.At.Column
	})
	return slices.Compact(d.problems)
}

// ErrTask marks a task file with mistakes.
var ErrTask = errors.New("mistakes in the task file")

// Is reports whether target is ErrTask.
func (p Problems) Is(target error) bool { return target == ErrTask }
