package run

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/physics/task"
)

// suggestKey returns a hint to follow an unknown key, from the known ones.
func suggestKey(key string, known []string) string {
	if near := nearestKey(key, known); near != "" {
		return fmt.Sprintf(", did you mean %q?", near)
	}
	if siblings := siblingsOf(key, known); len(siblings) > 0 {
		return "; there are " + strings.Join(siblings, ", ")
	}
	return "; palmal train --task T --dry-run shows what there is"
}

// inPreset adds to the errors of preset files what unknown keys may have meant.
func inPreset(err error) error {
	known := slices.DeleteFunc(Keys(), func(key string) bool { // a preset is for a task, and changes no machine
		return key == "task" || key == "preset" || key == "algo" || key == "perturbations" || strings.HasPrefix(key, "run.") || strings.HasPrefix(key, "parameters")
	})
	return usage.EachJoined(err, func(err error) error {
		var unknown *algo.UnknownKey
		if errors.As(err, &unknown) {
			err = fmt.Errorf("%w%s", err, suggestInPreset(unknown, known))
		}
		return err
	})
}

// suggestInPreset is suggestKey, and tells how to write a key that stands in one word with its section.
func suggestInPreset(unknown *algo.UnknownKey, known []string) string {
	hint, meant := suggestKey(unknown.Key, known), nearestKey(unknown.Key, known)
	if slices.Contains(known, unknown.Key) {
		hint, meant = "", unknown.Key
	}
	section, name, nested := strings.Cut(meant, ".")
	if !unknown.Dotted || !nested {
		return hint
	}
	return fmt.Sprintf("%s; write it nested, as in %q", strings.TrimSuffix(hint, "?"), fmt.Sprintf("%s: {%s: %s}", section, name, cmp.Or(unknown.Value, "...")))
}

// nearestKey finds the key that may have been meant: one of the same section, else one with the same
// last word or one like it; "" if none is near.
func nearestKey(key string, keys []string) string {
	if siblings := siblingsOf(key, keys); len(siblings) > 0 {
		last := make([]string, len(siblings))
		for i, known := range siblings {
			last[i] = lastWord(known)
		}
		if near := task.Near(lastWord(key), last); near != "" {
			return siblings[slices.Index(last, near)]
		}
	}
	words := make([]string, len(keys))
	for i, known := range keys {
		words[i] = lastWord(known)
	}
	if near := task.Near(lastWord(key), words); near != "" {
		return keys[slices.Index(words, near)]
	}
	return task.Near(key, keys)
}

// siblingsOf lists the keys of the section that a key names; nil if there is no such section.
func siblingsOf(key string, keys []string) []string {
	section, _, nested := strings.Cut(key, ".")
	if !nested {
		return nil
	}
	var siblings []string
	for _, known := range keys {
		if strings.HasPrefix(known, section+".") {
			siblings = append(siblings, known)
		}
	}
	return siblings
}

func lastWord(key string) string { return key[strings.LastIndex(key, ".")+1:] }
