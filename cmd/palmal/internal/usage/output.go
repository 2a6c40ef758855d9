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

// Output is where a program prints for people. What could steer a terminal is printed as an escape
// (see [Printable]): names that come from outside may hold anything. It takes everything and remembers
// the first failure, so that no run ends because its words cannot be written, and none hides that.
type Output struct {
	out   io.Writer
	shape func(text string) string // what becomes of a text on its way out
	state *outputState
}

type outputState struct {
	mutex   sync.Mutex
	failure error
}

// NewOutput prints to out.
func NewOutput(out io.Writer) *Output {
	return &Output{out: out, shape: Printable, state: &outputState{}}
}

// Raw is the same output for text that steers the terminal on purpose.
func (o *Output) Raw() *Output {
	return &Output{out: o.out, shape: func(text string) string { return text }, state: o.state}
}

// JSON is the same output for JSON: what could steer a terminal is escaped as JSON escapes it.
func (o *Output) JSON() *Output { return &Output{out: o.out, shape: printableJSON, state: o.state} }

// Under is what the output writes to.
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

// Failure is the first error of writing. That a reader went away is none: it has what it wanted.
func (o *Output) Failure() error {
	o.state.mutex.Lock()
	defer o.state.mutex.Unlock()
	if errors.Is(o.state.failure, syscall.EPIPE) {
		return nil
	}
	return o.state.failure
}

// Printable writes what no terminal prints as Go writes it in a string, \x1b for instance: control
// characters but line ends and tabs, bytes that are no UTF-8, marks that change the direction of text.
func Printable(text string) string {
	return escape(text, func(r rune) bool { return r == '\n' || r == '\t' || unicode.IsPrint(r) }, escapeGo)
}

func printableJSON(text string) string {
	return escape(text, func(r rune) bool { return r < utf8.RuneSelf && r != 0x7f || unicode.IsPrint(r) },
		func(r rune, _ byte) string {
			if r > 0xffff {
				return string(r) // above the first plane nothing steers, and JSON would need two escapes
			}
			return fmt.Sprintf(`\u%04x`, r)
		})
}

// escapeGo writes a rune, or the byte that is none, as in a string of Go or of a shell's $'...'.
func escapeGo(r rune, raw byte) string {
	switch {
	case r == utf8.RuneError || r < utf8.RuneSelf:
		return fmt.Sprintf(`\x%02x`, raw)
	case r > 0xffff:
		return fmt.Sprintf(`\U%08x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// escape replaces what is not fit; raw is the first byte of the rune.
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
