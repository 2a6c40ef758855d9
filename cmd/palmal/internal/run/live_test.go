package run

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/palmal-rl/palmal/algo"
)

// A terminal of 80 columns has room for what one wants to know, whatever the numbers.
func TestLiveStatusFitsATerminal(t *testing.T) {
	var screen bytes.Buffer
	l := NewLive(&screen, func() int { return 80 }, 0, 1_000_000)
	l.begin = time.Now().Add(-time.Hour)
	l.Stage(algo.StageAdvantage)
	l.Iteration(algo.Record{Iteration: 137, Samples: 123_456, Sampled: algo.Evaluation{Return: -1234.5},
		Evaluation: &algo.Evaluation{Return: -1233.5, Success: 0.125},
		Model:      algo.ModelRecord{LossLast: 0.0012345, LossFresh: 0.0065432}})
	l.Close()
	pictures := strings.Split(screen.String(), "\x1b[2A")
	lines := strings.Split(strings.TrimSuffix(pictures[len(pictures)-1], "\n"), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines: %q", len(lines), lines)
	}
	for i, wants := range [][]string{
		{"iteration 137", "samples 123,456", "return -1234", "evaluation -1234", "success 12.5 %"},
		{"[#.........]  12 %", "left 7 h 6 min", "model loss 0.001234 (fresh 0.006543)"},
	} {
		line := strings.TrimSuffix(strings.TrimPrefix(lines[i], "\r"), "\x1b[K")
		if n := utf8.RuneCountInString(line); n > 79 {
			t.Errorf("line %d has %d characters: %s", i+1, n, line)
		}
		for _, want := range wants {
			if !strings.Contains(line, want) {
				t.Errorf("line %d lacks %q: %s", i+1, want, line)
			}
		}
	}
}
