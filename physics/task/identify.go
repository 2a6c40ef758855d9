package task

import (
	"go/token"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/palmal-rl/palmal/physics/task/formula"
)

// identifier is what formulas call a run of entries.
type identifier struct {
	origin       int
	name         string // as in the tables; formulas have _ for all but letters and digits
	first, count int
	node         *yaml.Node
}

// Origins of an identifier.
const (
	entryName = iota // of one entry
	groupName        // made of a line that has several entries
	givenName        // written in the file as "as"
)

// identifierOf makes a name of formulas of the name of an entry: letters, digits and _ for all else.
func identifierOf(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_')
	})
	return strings.Join(words, "_")
}

// taken reports whether a name means something in every formula, or cannot be one.
func taken(name string) bool {
	return !token.IsIdentifier(name) || slices.Contains([]string{"action", "next", "goal", "pi", "true", "false"}, name) ||
		slices.ContainsFunc(formula.Functions(), func(f string) bool { return strings.HasPrefix(f, name+"(") })
}

// entries returns what formulas may call the entries of a row. Two entries of one name are a mistake. The
// name of a group that is another's too, or a word of the language, is left out: "as" gives it another.
func (l *loader) entries(what string, all []identifier) []formula.Entry {
	shared := map[string]int{}
	for _, id := range all {
		shared[identifierOf(id.name)]++
	}
	var entries []formula.Entry
	seen := map[string]bool{}
	for _, id := range all {
		name := identifierOf(id.name)
		switch {
		case id.origin == givenName && (taken(name) || name != id.name):
			l.report(id.node, "%s as %q: want letters, digits and _, and no word of formulas", what, id.name)
		case id.origin == groupName && (shared[name] > 1 || taken(name)), id.origin == entryName && taken(name):
		case seen[name]:
			l.report(id.node, "%s: formulas would call two entries %q", what, name)
		default:
			seen[name] = true
			entries = append(entries, formula.Entry{Name: name, First: id.first, Length: id.count})
		}
	}
	return entries
}
