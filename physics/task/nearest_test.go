package task

import (
	"strings"
	"testing"
)

func TestOnlyNearNamesAreSuggested(t *testing.T) {
	verbs := []string{"train", "resume", "eval", "replay", "plot", "render", "diagnose", "tasks", "bench", "doctor", "version", "completion"}
	for name, want := range map[string]string{
		"trian": "train", "trai": "train", "Train": "train", "evall": "eval", "rsume": "resume", "diag": "diagnose", "verison": "version",
		"export": "", "lst": "", "x": "", "": "", "serve": "", "quit": "", "zzz": "", strings.Repeat("train", 1000): "",
	} {
		if got := Near(name, verbs); got != want {
			t.Errorf("near %.20q is %q, want %q", name, got, want)
		}
		suggestion := Suggest(name, verbs)
		if want != "" && suggestion != `, did you mean "`+want+`"?` || want == "" && !strings.HasPrefix(suggestion, "; there are train, resume, ") {
			t.Errorf("suggestion for %.20q: %s", name, suggestion)
		}
	}
	for name, known := range map[string]string{".gif": ".pdf", "--at": "--out"} { // what all begin with counts for nothing
		if got := Near(name, []string{known}); got != "" {
			t.Errorf("near %s is %s", name, got)
		}
	}
	if got := Suggest("x", nil); got != "; there is none" {
		t.Error(got)
	}
	many := make([]string, 100)
	for i := range many {
		many[i] = "name"
	}
	if got := Suggest("other", many); !strings.HasSuffix(got, " and 70 more") {
		t.Error(got)
	}
}
