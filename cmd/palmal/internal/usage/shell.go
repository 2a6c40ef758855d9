package usage

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line returns a command line of this program that can be pasted into a shell: a verb, its positional
// arguments, which may be any names, and its flags.
func Line(verb string, positional []string, flags ...string) string {
	var names []string
	dashed := false
	for _, name := range positional {
		names = append(names, Word(name))
		dashed = dashed || strings.HasPrefix(name, "-")
	}
	options := make([]string, len(flags))
	for i, flag := range flags {
		options[i] = Word(flag)
	}
	words := append([]string{"palmal", verb}, names...)
	words = append(words, options...)
	if dashed { // flags end before an argument that looks like one
		words = append(append(append([]string{"palmal", verb}, options...), "--"), names...)
	}
	return strings.Join(words, " ")
}

// Word quotes a word for a shell where needed.
func Word(word string) string {
	plain := func(r rune) bool {
		return r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) || strings.ContainsRune("-_./:=,+@%", r)
	}
	odd := func(r rune) bool { return !unicode.IsPrint(r) }
	switch {
	case word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0:
		return word
	case !utf8.ValidString(word) || strings.ContainsFunc(word, odd):
		word = strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(word)
		return "$'" + escape(word, unicode.IsPrint, escapeGo) + "'"
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
