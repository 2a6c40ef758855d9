package usage

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"syscall"
	"unicode"
	"unicode/utf8"
)

// Output prints for people. Characters that could control a terminal are printed as escapes (see
// [Printable]), since names from outside may hold anything. Writes never fail: Output remembers the first
// failure, so that no run ends because its output cannot be written, and none hides that.
type Output struct {
	out   io.Writer
	shape func(text string) string // applied to all text
	state *outputState
}

type outputState struct {
	mutex   sync.Mutex
	failure error
}

// NewOutput returns an Output to out.
func NewOutput(out io.Writer) *Output {
	return &Output{out: out, shape: Printable, state: &outputState{}}
}

// Raw is the same output for text that controls the terminal on purpose.
func (o *Output) Raw() *Output {
	return &Output{out: o.out, shape: func(text string) string { return text }, state: o.state}
}

// JSON is the same output with JSON's escapes.
func (o *Output) JSON() *Output { return &Output{out: o.out, shape: printableJSON, state: o.state} }

// Under returns the writer under the output.
func (o *Output) Under() io.Writer { return o.out }

// Write writes p and never fails; see [Output.Failure].
func (o *Output) Write(p []byte) (int, error) {
	o.state.mutex.Lock()
	defer o.state.mutex.Unlock()
	if o.state.failure == nil {
		_, o.state.failure = io.WriteString(o.out, o.shape(string(p)))
	}
	return len(p), nil
}

// Failure returns the first error of writing. A closed pipe is none: its reader has what it wanted.
func (o *Output) Failure() error {
	o.state.mutex.Lock()
	defer o.state.mutex.Unlock()
	if errors.Is(o.state.failure, syscall.EPIPE) {
		return nil
	}
	return o.state.failure
}

// Printable escapes unprintable characters as in a Go string, \x1b for instance: control characters other than
// line ends and tabs, invalid UTF-8, and marks that change the direction of text.
func Printable(text string) string {
	return escape(text, func(r rune) bool { return r == '\n' || r == '\t' || unicode.IsPrint(r) }, escapeGo)
}

func printableJSON(text string) string {
	return escape(text, func(r rune) bool { return r < utf8.RuneSelf && r != 0x7f || unicode.IsPrint(r) },
		func(r rune, _ byte) string {
			if r > 0xffff {
				return string(r) // no character above the first plane controls a terminal, and JSON would need two escapes
			}
			return fmt.Sprintf(`\u%04x`, r)
		})
}

// escapeGo escapes a rune or an invalid byte as in a string of Go or in a shell's $'...'.
func escapeGo(r rune, raw byte) string {
	switch {
	case r == utf8.RuneError || r < utf8.RuneSelf:
		return fmt.Sprintf(`\x%02x`, raw)
	case r > 0xffff:
		return fmt.Sprintf(`\U%08x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// escape replaces unprintable characters; raw is the first byte of the rune.
func escape(text string, fit func(rune) bool, as func(r rune, raw byte) string) string {
	var out strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if fit(r) && !(r == utf8.RuneError && size == 1) {
			out.WriteString(text[i : i+size])
		} else {
			out.WriteString(as(r, text[i]))
		}
		i += size
	}
	return out.String()
}
