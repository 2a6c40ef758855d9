package plot

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/algo"
)

// fallen is a run whose world changes at 300 samples, with a measure and an unknown bound.
func fallen() Run {
	evaluation := func(samples int, back float64) *algo.Evaluation {
		return &algo.Evaluation{Samples: samples, Return: algo.Number(back), CILow: algo.Number(back - 1), CIHigh: algo.Number(math.NaN()),
			Success: 0.25, Measures: map[string]algo.Measure{"distance": {Mean: 2, SecondHalf: algo.Number(back / 8), Final: 3}}}
	}
	return Run{Task: "reacher7dof", Simulator: "MuJoCo 4.0.1", Algorithm: "PAL", Preset: "tuned", Seed: 1<<64 - 1, Threshold: 12.5, Changes: "300:forearm=0.421",
		Differences: []string{"npg.steps 8", "model.hidden 64,64"}, Records: []algo.Record{
			{Evaluation: evaluation(200, -12)}, {Evaluation: evaluation(300, 16)},
			{Evaluation: evaluation(400, 20000), Perturbation: &algo.Perturbation{Samples: 300, Changes: []string{"forearm=0.421"}, Evaluation: evaluation(300, -40)}},
		}}
}

func TestTablesAreDrawnAsTheirRuns(t *testing.T) {
	run := fallen()
	run.Origin = map[string]string{"command": "palmal train --task x", "commit": "abc"}
	table := Table(run)
	read, err := ParseTable(table)
	if err != nil {
		t.Fatal(err)
	}
	if again := Table(read); !bytes.Equal(again, table) {
		t.Errorf("a table of the table is\n%s\ninstead of\n%s", again, table)
	}
	for _, value := range []Value{{}, {Measure: Success, Part: "mean"}, {Measure: "distance", Part: "second_half"}} {
		one, other := fallen(), read
		one.Y, other.Y = value, value
		want, got := Groups([]Run{one}, false), Groups([]Run{other}, false)
		// Only a run has the returns of its exploring policy.
		want[0].Sampled, want[0].Gaps = nil, got[0].Gaps
		if a, b := fmt.Sprintf("%+v", want), fmt.Sprintf("%+v", got); a != b {
			t.Errorf("%s\nof the run   %s\nof the table %s", value.Label(), a, b)
		}
	}
}

func TestTablesAreThinnedToTheirSize(t *testing.T) {
	r := Run{Task: "hopper", Algorithm: "MAL", Preset: "paper"}
	for i := range 2000 {
		r.Records = append(r.Records, algo.Record{Evaluation: &algo.Evaluation{Samples: i * 1000, Return: algo.Number(i)}})
	}
	text := Table(r)
	read, err := ParseTable(text)
	if err != nil {
		t.Fatal(err)
	}
	last := read.Records[len(read.Records)-1].Evaluation
	if len(text) > TableBytes || len(read.Records) < 50 || last.Samples != 1999_000 {
		t.Errorf("%d bytes, %d rows, the last at %d", len(text), len(read.Records), last.Samples)
	}
	if !bytes.Contains(text, []byte("of 2000 rows")) {
		t.Errorf("the table does not say that rows are missing:\n%s", text[:300])
	}
}

// The byte order mark that spreadsheets write first belongs to no column.
func TestTablesOfUsersNeedSamplesAndReturnOnly(t *testing.T) {
	r, err := ParseTable([]byte("\ufeffreturn, samples\n1.5, 100\n2, 200\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Records[1].Evaluation; got.Samples != 200 || got.Return != 2 || got.Success == got.Success {
		t.Errorf("%+v", got)
	}
}

func TestBadTablesAreRefusedByLine(t *testing.T) {
	for text, want := range map[string]string{
		"":                                    "no row of numbers",
		"samples,return\n":                    "no row of numbers",
		"samples,score\n1,2\n":                `line 1: no column "return"`,
		"samples,return\n1,2,3\n":             "line 2: 3 cells, there are 2 columns",
		"samples,return\n1,two\n":             `line 2: column return: "two" is not a number`,
		"samples,return\n-1,2\n":              "samples -1",
		"samples,return\nNaN,2\n":             "samples NaN",
		"samples,return\n,2\n":                "samples NaN",
		"samples,return\n1e300,2\n":           "samples 1e+300",
		"# seed: -1\nsamples,return\n1,2\n":   `line 1: seed: "-1", want a number`,
		"samples,return\n1.5,2\n":             "before no change",
		"# changed: x y\nsamples,return\n1,2": "line 1",
	} {
		if _, err := ParseTable([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
