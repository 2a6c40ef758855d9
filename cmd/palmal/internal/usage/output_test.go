package usage

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"unicode"
)

// odd are names that break careless output.
func odd() []string {
	return []string{"run", "my run", "it's", "-x", "--", "a\x1b[2Jb", "line\nend", "tab\t", "\x7f", "\u009b31m", "\u202egpj.exe",
		"caf\u00e9", "\xff\xfe", "$HOME", "`id`", `back\slash`, `"`, "*", "~", "#1", "", "a;b", "a&b", "日本", "\U0001f600", "\U000e0001", `\x1b'`}
}

func TestWhatIsPrintedCannotSteerATerminal(t *testing.T) {
	for _, name := range odd() {
		var text, raw, object bytes.Buffer
		for _, out := range []*bytes.Buffer{&text, &raw, &object} {
			o := NewOutput(out)
			switch out {
			case &raw:
				o = o.Raw()
			case &object:
				o = o.JSON()
			}
			line := []byte(name)
			if out == &object {
				line, _ = json.Marshal(name)
			}
			if n, err := o.Write(line); n != len(line) || err != nil || o.Failure() != nil {
				t.Errorf("%q: %d bytes, %v, %v", name, n, err, o.Failure())
			}
		}
		for _, r := range text.String() {
			if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
				t.Errorf("%q is printed as %q", name, text.String())
			}
		}
		if raw.String() != name {
			t.Errorf("%q is printed raw as %q", name, raw.String())
		}
		var back string
		if err := json.Unmarshal(object.Bytes(), &back); err != nil || back != strings.ToValidUTF8(name, "\ufffd") && back != string([]rune(name)) {
			t.Errorf("%q is JSON %s, which reads as %q, %v", name, object.Bytes(), back, err)
		}
		if strings.ContainsFunc(object.String(), func(r rune) bool { return r < 0x10000 && !unicode.IsPrint(r) }) {
			t.Errorf("%q is JSON %q", name, object.String())
		}
	}
}

func TestHintsCanBePasted(t *testing.T) {
	shell, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash to paste into")
	}
	for _, name := range odd() {
		line := Line("resume", []string{name}, "--from", "3")
		if strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q is pasted as %q", name, line)
		}
		command := exec.Command(shell, "-c", `palmal() { printf '%s\0' "$@"; }; `+line)
		command.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
		out, err := command.Output()
		want := "resume\x00" + name + "\x00--from\x003\x00"
		if strings.HasPrefix(name, "-") {
			want = "resume\x00--from\x003\x00--\x00" + name + "\x00"
		}
		if err != nil || string(out) != want {
			t.Errorf("%s gives the program %q, %v, want %q", line, out, err, want)
		}
	}
}

type broken struct{ err error }

func (b broken) Write([]byte) (int, error) { return 0, b.err }

func TestAFailureToPrintIsRemembered(t *testing.T) {
	for err, counts := range map[error]bool{syscall.ENOSPC: true, syscall.EIO: true, syscall.EBADF: true, syscall.EPIPE: false} {
		o := NewOutput(broken{err})
		for _, view := range []*Output{o, o.Raw(), o.JSON()} {
			if n, failure := view.Write([]byte("text")); n != 4 || failure != nil {
				t.Errorf("%v: %d, %v", err, n, failure)
			}
		}
		if (o.Failure() != nil) != counts {
			t.Errorf("%v is remembered as %v", err, o.Failure())
		}
	}
}
