package run

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/palmal-rl/palmal/algo"
)

// A terminal of 80 columns has room for what one wants to know, whatever the numbers.
func TestLiveStatusFitsATerminal(t *testing.T) {
	var screen bytes.Buffer
	l := NewLive(&screen, func() int { return 80 }, 0, 0, 1_000_000)
	l.begin = time.Now().Add(-time.Hour)
	l.Iteration(algo.Record{Iteration: 137, Samples: 123_456, Sampled: algo.Evaluation{Samples: 122_456, Return: -1234.5},
		Evaluation: &algo.Evaluation{Samples: 122_456, Return: -1233.5, Success: 0.125},
		Model:      algo.ModelRecord{LossLast: 0.0012345, LossFresh: 0.0065432}, Value: algo.ValueRecord{After: 0.25}})
	l.Stage(algo.StageFit)
	l.Progress(algo.Progress{Fit: 1234, FitEnd: 12_345})
	l.Close()
	pictures := strings.Split(screen.String(), "\x1b[3A")
	lines := strings.Split(strings.TrimSuffix(pictures[len(pictures)-1], "\n"), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines: %q", len(lines), lines)
	}
	for i, wants := range [][]string{
		{"iteration 137", "by 122,456 samples", "return sampled -1,2", "mean action -1,2"},
		{"success 12.5 %", "model loss 0.001234 (fresh 0.006543)", "value error 0.25"},
		{"[#.........]  12 %", "left 7 h 6 min", "model fit 1,234 of 12,345 minibatches"},
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

// A model that promises too much for three iterations in a row is warned of, in a terminal and in a log; for two it is not.
func TestBrokenPromisesAreWarnedOf(t *testing.T) {
	for i, one := range []struct {
		promises string // x where too much was promised
		want     int    // iterations in a row that the last line names; 0: no warning
	}{{"", 0}, {"xx", 0}, {"xxx", 3}, {"xxxxx", 5}, {"xxx.", 0}, {"xx.xx", 0}, {"xx.xxx", 3}} {
		var log bytes.Buffer
		l, p := NewLive(io.Discard, func() int { return 80 }, 0, 0, 1000), NewPlain(&log, 0, 0, 1000)
		for _, x := range one.promises {
			log.Reset()
			record := algo.Record{Model: algo.ModelRecord{Predicted: 2500, Realised: 900, OverPromised: x == 'x'}}
			l.Iteration(record)
			p.Iteration(record)
		}
		l.Close()
		p.Close()
		for status, line := range map[string]string{"live": l.losses(), "plain": log.String()} {
			warned := strings.Contains(line, "too much promised")
			if number := fmt.Sprintf("too much promised for %d iterations: 2,500, got 900", one.want); warned != (one.want > 0) || warned && !strings.Contains(line, number) {
				t.Errorf("%d, %s: %q after %q, want a warning of %d iterations", i, status, line, one.promises, one.want)
			}
		}
	}
}

// Only a whole run is 100 %: one that lacks a sample of its number still plays an iteration.
func TestAPartIsNotTheWhole(t *testing.T) {
	for samples, want := range map[int]string{999: "[#########.]  99 %", 1000: "[##########] 100 %"} {
		l := NewLive(io.Discard, func() int { return 80 }, 0, samples, 1000)
		if got := l.gauge(); !strings.HasPrefix(got, want) {
			t.Errorf("%d of 1000 samples are %q, want %q", samples, got, want)
		}
	}
}

// A run that has nothing left to do draws no gauge of work.
func TestAFinishedRunShowsNoProgress(t *testing.T) {
	var screen bytes.Buffer
	l := NewLive(&screen, func() int { return 80 }, 9, 4000, 4000)
	time.Sleep(3 * liveEvery / 2) // a picture would have been due
	l.Close()
	if screen.Len() > 0 {
		t.Errorf("drawn: %q", screen.String())
	}
}

// A process that continues a run names the iteration that runs, before its first one ends, and computes its share.
func TestAContinuedRunNamesItsIteration(t *testing.T) {
	var log, screen bytes.Buffer
	p, l := NewPlain(&log, 6, 700, 1000), NewLive(&screen, func() int { return 80 }, 6, 700, 1000)
	work := planned()
	work.FitSteps[6] = 300 // thrice the work of iteration 1
	for _, w := range []interface {
		Watcher
		Expect(algo.Work)
		Progress(algo.Progress)
	}{p, l} {
		w.Expect(work)
		w.Stage(algo.StageFit)
		w.Progress(algo.Progress{Fit: 300, FitEnd: 300})
	}
	p.mu.Lock()
	p.said = time.Now().Add(-plainEvery)
	p.mu.Unlock()
	p.remind()
	if share := p.share(); !(share > 0.749 && share < 0.751) { // 1200 of 1600 by FLOPs
		t.Errorf("share %v of iteration 7, want 0.75", share)
	}
	p.Close()
	l.Close()
	for status, text := range map[string]string{"plain": log.String(), "live": screen.String()} {
		if !strings.Contains(text, "iteration 7, ") || strings.Contains(text, "iteration 1,") {
			t.Errorf("%s: %q, want iteration 7", status, text)
		}
	}
}

// planned is a run of ten iterations, of which fits and policy steps cost the same.
func planned() algo.Work {
	return algo.Work{Iterations: 10, FitSteps: []int{100, 100, 100, 100, 100, 100, 100, 100, 100, 100}, PolicySteps: 4, FitFLOPs: 4, PolicyFLOPs: 100}
}

// The time left is known before the first iteration ends, from what is done of it.
func TestTheFirstIterationKnowsTheTimeLeft(t *testing.T) {
	p := newProgress(0, 0, 1000)
	p.work, p.begin = planned(), time.Now().Add(-time.Minute)
	if p.left() != 0 {
		t.Errorf("left %v when nothing is done", p.left())
	}
	p.done = algo.Progress{Fit: 50, FitEnd: 100, PolicySteps: 4} // a quarter of the iteration, a fortieth of the run
	if left := p.left(); !(left > 38*time.Minute && left < 40*time.Minute) {
		t.Errorf("left %v after a minute for a fortieth, want 39 min", left)
	}
	p.take(algo.Record{Iteration: 1, Samples: 500})
	if left := p.left(); !(left > 59*time.Second && left < 62*time.Second) {
		t.Errorf("left %v at half of the samples, want a minute", left)
	}
	p.began = time.Now().Add(-20 * time.Second) // the next one began, of which half is done
	p.begin = p.began.Add(-time.Minute)
	p.done = algo.Progress{Fit: 100, FitEnd: 100, PolicySteps: 4}
	if left := p.left(); !(left > 39*time.Second && left < 41*time.Second) {
		t.Errorf("left %v after 20 s of the second minute, want 40 s", left)
	}
	p.began = time.Now().Add(-90 * time.Second)
	p.begin = p.began.Add(-time.Minute)
	if left := p.left(); !(left > 89*time.Second && left < 91*time.Second) {
		t.Errorf("left %v in an iteration that is half done after 90 s, want as long again", left)
	}
}

// A run that collects no samples is measured by its iterations.
func TestARunWithoutSamplesKnowsTheTimeLeft(t *testing.T) {
	l := NewLive(io.Discard, func() int { return 80 }, 2, 0, 0)
	l.Expect(planned())
	if got := l.begins(); got != "iteration 3, from recorded data" {
		t.Errorf("begins %q", got)
	}
	l.begin = time.Now().Add(-time.Minute)
	l.Iteration(algo.Record{Iteration: 3})
	l.Iteration(algo.Record{Iteration: 4})
	if left := l.left(); !(left > 179*time.Second && left < 181*time.Second) {
		t.Errorf("left %v after a minute for two iterations of the remaining eight, want 3 min", left)
	}
	if got := l.gauge(); !strings.HasPrefix(got, "[####......]  40 %") {
		t.Errorf("four of ten iterations are %q", got)
	}
	if got := l.outcome(); got != "iteration 4" {
		t.Errorf("outcome %q", got)
	}
	l.Close()
}

// A log has a line for every iteration, however soon they follow each other, and one in a long silence.
func TestLogsHaveEveryIteration(t *testing.T) {
	var log bytes.Buffer
	p := NewPlain(&log, 0, 0, 1000)
	p.Expect(planned())
	for i := range 7 {
		p.Iteration(algo.Record{Iteration: i + 1, Samples: 100 * (i + 2), Sampled: algo.Evaluation{Samples: 100 * (i + 1), Return: 5}})
	}
	p.Stage(algo.StageValue)
	p.Progress(algo.Progress{Fit: 100, FitEnd: 100, PolicyStep: 2, PolicySteps: 4})
	p.mu.Lock()
	p.said, p.began = time.Now().Add(-plainEvery), time.Now().Add(-85*time.Second)
	p.mu.Unlock()
	p.remind()
	p.remind() // not again at once
	p.Close()
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 8 || !strings.Contains(lines[6], "iteration 7  by 700 samples  return sampled 5") ||
		!strings.Contains(lines[7], "iteration 8, 85 s: policy step 3 of 4, left about") {
		t.Errorf("log:\n%s", log.String())
	}
}

func TestFiguresHaveTheDigitsOneWantsToKnow(t *testing.T) {
	for x, want := range map[float64]string{0: "0", 12.3456: "12.35", 999.96: "1,000", 3120.5: "3,121", -1234567: "-1,234,567", 0.00012345: "0.0001234", 1e300: "1e+300"} {
		if got := Figure(algo.Number(x)); got != want {
			t.Errorf("%g is shown as %s, want %s", x, got, want)
		}
	}
}
