package run

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
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
	wrong := fmt.Errorf("is %q, want %s", node.Value, wanted(target.Kind()))
	if node.Tag == "!!null" || (quoted && target.Kind() != reflect.String) {
		return wrong
	}
	switch target.Kind() {
	case reflect.String:
		target.SetString(node.Value)
	case reflect.Bool:
		if node.Value != "true" && node.Value != "false" {
			return wrong
		}
		target.SetBool(node.Value == "true")
	case reflect.Float64:
		// YAML writes infinity as .inf.
		x, err := strconv.ParseFloat(strings.Replace(strings.ReplaceAll(node.Value, "_", ""), ".inf", "inf", 1), 64)
		if err != nil || math.IsNaN(x) {
			return wrong
		}
		target.SetFloat(x)
	case reflect.Int, reflect.Uint64:
		x, err := wholeNumber(node.Value)
		if err != nil || (x.negative && target.Kind() == reflect.Uint64) || (x.size > math.MaxInt64 && target.Kind() == reflect.Int) {
			return wrong
		}
		if target.Kind() == reflect.Uint64 {
			target.SetUint(x.size)
		} else if target.SetInt(int64(x.size)); x.negative {
			target.SetInt(-int64(x.size))
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
		if target.Type().Elem().Kind() == reflect.String { // which may have commas of its own
			words = []string{node.Value}
		}
		items = nil
		for _, word := range words {
			items = append(items, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: strings.TrimSpace(word)})
		}
	} else if node.Kind != yaml.SequenceNode {
		return fmt.Errorf("is not a list, want one as in [64, 64]")
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

type whole struct {
	negative bool
	size     uint64
}

// wholeNumber reads 1000, 1_000, 1e3 and -1; a fraction is an error.
func wholeNumber(text string) (whole, error) {
	digits, negative := strings.CutPrefix(strings.ReplaceAll(text, "_", ""), "-")
	if size, err := strconv.ParseUint(digits, 10, 64); err == nil {
		return whole{negative, size}, nil
	}
	const exact = 1 << 53 // beyond it a float64 skips whole numbers
	x, err := strconv.ParseFloat(digits, 64)
	if err != nil || x != math.Trunc(x) || !(x >= 0 && x <= exact) {
		return whole{}, fmt.Errorf("%q is not a whole number", text)
	}
	return whole{negative, uint64(x)}, nil
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
