package run

import (
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/palmal-rl/palmal/internal/number"
)

// set gives a node's value to a field of the configuration. Nothing is rounded or converted.
func set(target reflect.Value, node *yaml.Node) error {
	if target.Kind() == reflect.Slice {
		return setList(target, node)
	}
	if node.Kind != yaml.ScalarNode {
		return fmt.Errorf("is a list or a section, want %s", wanted(target.Kind()))
	}
	quoted := node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0
	wrong := func(reason string) error {
		return fmt.Errorf("is %s, want %s%s", shown(node.Value), wanted(target.Kind()), reason)
	}
	switch {
	case node.Style&yaml.TaggedStyle != 0:
		return fmt.Errorf("has the tag %s, want %s without one", shown(node.Tag), wanted(target.Kind()))
	case node.Tag == "!!null":
		return wrong(": it says nothing")
	case quoted && target.Kind() != reflect.String:
		return wrong(": what stands in quotes is a word")
	}
	switch target.Kind() {
	case reflect.String:
		target.SetString(node.Value)
	case reflect.Bool:
		if node.Value != "true" && node.Value != "false" {
			return wrong("")
		}
		target.SetBool(node.Value == "true")
	case reflect.Float64, reflect.Int, reflect.Uint64:
		if err := number.Set(target, node.Value); err != nil {
			return wrong(number.Because(err))
		}
	default:
		return fmt.Errorf("has a type that no configuration holds: %v", target.Type())
	}
	return nil
}

func setList(target reflect.Value, node *yaml.Node) error {
	items := node.Content
	if node.Kind == yaml.ScalarNode && node.Tag != "!!null" {
		words := strings.Split(node.Value, ",")
		if target.Type().Elem().Kind() == reflect.String { // a word may contain commas
			words = []string{node.Value}
		}
		items = nil
		for _, word := range words {
			items = append(items, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: strings.TrimSpace(word)})
		}
	} else if node.Kind != yaml.SequenceNode {
		return fmt.Errorf("is not a list, want one as in %s", likeList(target))
	}
	if len(items) > mostItems {
		return fmt.Errorf("is a list of %d, want at most %d", len(items), mostItems)
	}
	list := reflect.MakeSlice(target.Type(), len(items), len(items))
	for i, item := range items {
		if err := set(list.Index(i), resolveAlias(item)); err != nil {
			return fmt.Errorf("item %d %w", i, err)
		}
	}
	target.Set(list)
	return nil
}

// mostItems is the greatest length of a list; the longest useful ones are sample counts of checkpoints.
const mostItems = 1000

func likeList(target reflect.Value) string {
	if target.Type().Elem().Kind() == reflect.String {
		return "[10000:forearm=0.421]"
	}
	return "[64, 64]"
}

// shown quotes a user's text, only its beginning if it is long.
func shown(text string) string {
	const most = 60
	if len(text) > most {
		return fmt.Sprintf("%q and more", text[:most])
	}
	return fmt.Sprintf("%q", text)
}

func wanted(kind reflect.Kind) string {
	switch kind {
	case reflect.Int:
		return "a whole number"
	case reflect.Uint64:
		return "a whole number that is not negative"
	case reflect.Float64:
		return "a number"
	case reflect.Bool:
		return "true or false"
	}
	return "a word"
}
