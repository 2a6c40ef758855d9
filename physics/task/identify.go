package task

import (
	"go/token"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/palmal-rl/palmal/physics/task/formula"
)

// identifier is the name of a run of entries in formulas.
type identifier struct {
	origin       int
	name         string // name in the tables; formulas replace all but letters and digits by _
	first, count int
	node         *yaml.Node
}

// Origins of an identifier.
const (
	entryName = iota // name of one entry
	groupName        // name of a line with several entries
	givenName        // name given by the file's key "as"
)

// IdentifierOf turns the name of an entry into a name for formulas: _ replaces all but letters and digits.
func IdentifierOf(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_')
	})
	return strings.Join(words, "_")
}

// taken reports whether a name is reserved in formulas, or cannot be a name.
func taken(name string) bool {
	return !token.IsIdentifier(name) || slices.Contains([]string{"action", "next", "goal", "pi", "true", "false"}, name) ||
		slices.ContainsFunc(formula.Functions(), func(f string) bool { return strings.HasPrefix(f, name+"(") })
}

// entries returns the names of a row's entries in formulas. Two entries of one name are a mistake. A group
// whose name is taken or reserved has none, unless "as" gives it one.
func (l *loader) entries(what string, all []identifier) []formula.Entry {
	shared := map[string]int{}
	for _, id := range all {
		shared[IdentifierOf(id.name)]++
	}
	var entries []formula.Entry
	seen := map[string]bool{}
	for _, id := range all {
		name := IdentifierOf(id.name)
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
