package task

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/palmal-rl/palmal/physics/task/formula"
)

// keyed returns problems with the key of each, as observation[1].name, in place of its position in a text that lies in
// no file.
func keyed(problems Problems, text []byte) Problems {
	var document yaml.Node
	if yaml.Unmarshal(text, &document) != nil || len(document.Content) == 0 {
		return problems
	}
	all := slices.Clone(problems)
	for i, p := range all {
		key := ""
		eachValue(document.Content[0], "", func(path string, node *yaml.Node) {
			if node.Line == p.At.Line && node.Column == p.At.Column {
				key = path
			}
		})
		all[i].At = formula.Position{File: key}
	}
	return all
}

// eachValue visits the values in a node with their keys, lists before what they hold.
func eachValue(node *yaml.Node, path string, visit func(path string, node *yaml.Node)) {
	visit(path, node)
	switch node.Kind {
	case yaml.SequenceNode:
		for i, entry := range node.Content {
			eachValue(entry, fmt.Sprintf("%s[%d]", path, i), visit)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			below := node.Content[i].Value
			if path != "" {
				below = path + "." + below
			}
			eachValue(node.Content[i+1], below, visit)
		}
	}
}
