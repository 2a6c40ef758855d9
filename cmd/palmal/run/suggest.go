package run

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/palmal-rl/palmal/algo"
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

// inPreset adds to the errors of a preset file what unknown keys may have meant.
func inPreset(err error) error {
	joined, several := err.(interface{ Unwrap() []error })
	if !several {
		return err
	}
	known := slices.DeleteFunc(Keys(), func(key string) bool { // a preset is for a task, and changes no machine
		return key == "task" || key == "preset" || key == "algo" || key == "perturbations" || strings.HasPrefix(key, "run.") || strings.HasPrefix(key, "parameters")
	})
	var all []error
	for _, err := range joined.Unwrap() {
		var unknown *algo.UnknownKey
		if errors.As(err, &unknown) {
			err = fmt.Errorf("%w%s", err, suggestKey(unknown.Key, known))
		}
		all = append(all, err)
	}
	return errors.Join(all...)
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
