package plot

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/algo"
)

// ramp is a run whose evaluations rise by slope a sample, at samples first, first+step, ...
func ramp(seed uint64, first, step, n int, slope float64) Run {
	run := Run{Task: "hopper", Algorithm: "PAL", Preset: "tuned", Seed: seed, Threshold: 3800}
	for i := range n {
		x := first + i*step
		y := algo.Number(slope * float64(x))
		run.Records = append(run.Records, algo.Record{Iteration: i + 1, Samples: x + step,
			Sampled:    algo.Evaluation{Samples: x, Return: y - 10, CILow: algo.Number(math.NaN()), CIHigh: algo.Number(math.NaN())},
			Evaluation: &algo.Evaluation{Samples: x, Return: y, CILow: y - 1, CIHigh: y + 1}})
	}
	return run
}

func TestRunsGroupByEverythingButTheSeed(t *testing.T) {
	other := ramp(4, 100, 100, 5, 1)
	other.Algorithm = "MAL"
	groups := Groups([]Run{ramp(1, 100, 100, 5, 1), other, ramp(2, 100, 100, 5, 3), ramp(3, 100, 100, 5, 5)}, false)
	if len(groups) != 2 || len(groups[0].Seeds) != 3 || groups[0].Label() != "PAL, tuned, 3 seeds" || groups[1].Label() != "MAL, tuned, seed 4" {
		t.Fatalf("groups %+v", groups)
	}
	// Returns 100, 300 and 500: mean 300, standard deviation 200, t of two degrees of freedom 4.3027.
	half := 4.302652729911275 * 200 / math.Sqrt(3)
	p := groups[0].Evaluation[0]
	if p.X != 100 || p.Mean != 300 || !(math.Abs(p.High-300-half) < 1e-6) || !(math.Abs(300-half-p.Low) < 1e-6) { // the quantile is found to 1e-10
		t.Errorf("first point %+v, want 300 ± %g", p, half)
	}
}

// A run with other settings is no other seed, nor is the same run once more. A legend has room for three short settings.
func TestOtherSettingsAndTheSameSeedAreNoSeeds(t *testing.T) {
	other := ramp(1, 100, 100, 5, 1)
	other.Differences = []string{"npg.steps 9", "npg.gamma 0.9", "model.batch 7", "model.epochs 3"}
	groups := Groups([]Run{ramp(1, 100, 100, 3, 1), other, ramp(1, 100, 100, 5, 1), ramp(1, 100, 100, 2, 1)}, false)
	if len(groups) != 2 || groups[0].Label() != "PAL, tuned, seed 1" || groups[1].Label() != "PAL, tuned, npg.steps 9, npg.gamma 0.9, model.batch 7, and 1 more, seed 1" {
		t.Fatalf("groups %+v", groups)
	}
	if len(groups[0].Evaluation) != 5 {
		t.Errorf("%d points, the longest run has 5", len(groups[0].Evaluation))
	}
}

// Runs of an edited task are told apart by its digest, where there is another of the same name; a table knows none.
func TestAnEditedTaskIsAnotherTask(t *testing.T) {
	of := func(seed uint64, digest string) Run {
		run := ramp(seed, 100, 100, 5, 1)
		run.TaskDigest = digest
		return run
	}
	other := of(9, "ff00ff00ff")
	other.Task = "ant"
	for _, c := range []struct {
		runs []Run
		want string
	}{
		{[]Run{of(1, "954aa8c1d3"), of(2, "0123456789"), of(3, "954aa8c1d3")}, "PAL, tuned, task 954aa8c1, 2 seeds; PAL, tuned, task 01234567, seed 2"},
		{[]Run{of(1, "954aa8c1d3"), of(2, "0123456789"), of(3, "")}, "PAL, tuned, task 954aa8c1, seed 1; PAL, tuned, task 01234567, seed 2; PAL, tuned, seed 3"},
		{[]Run{of(1, ""), of(2, "954aa8c1d3"), of(2, "0123456789")}, "PAL, tuned, seed 1; PAL, tuned, task 954aa8c1, seed 2; PAL, tuned, task 01234567, seed 2"},
		{[]Run{of(1, "954aa8c1d3"), of(2, "954aa8c1d3"), of(3, ""), other}, "PAL, tuned, 3 seeds; PAL, tuned, seed 9"},
	} {
		var labels []string
		for _, g := range Groups(c.runs, false) {
			labels = append(labels, g.Label())
		}
		if got := strings.Join(labels, "; "); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

func TestTwoSeedsShowTheirRangeAndOneItsEpisodes(t *testing.T) {
	pair := Groups([]Run{ramp(1, 100, 100, 3, 1), ramp(2, 100, 100, 3, 2)}, false)[0]
	if p := pair.Evaluation[2]; p.Low != 300 || p.High != 600 || p.Mean != 450 || pair.Band != "lowest to highest seed" {
		t.Errorf("two seeds: %+v, %s", p, pair.Band)
	}
	single := Groups([]Run{ramp(1, 100, 100, 3, 1)}, false)[0]
	if p := single.Evaluation[2]; p.Low != 299 || p.High != 301 || single.Band != "95 % CI over episodes" {
		t.Errorf("one seed: %+v, %s", p, single.Band)
	}
}

// TestSeedsAreComparedAtTheSameSamples: a straight line stays one between its points, whatever the
// points of the other seeds.
func TestSeedsAreComparedAtTheSameSamples(t *testing.T) {
	g := Groups([]Run{ramp(1, 100, 100, 10, 2), ramp(2, 130, 70, 10, 2), ramp(3, 150, 33, 20, 2)}, false)[0]
	last := math.Inf(-1)
	for _, p := range g.Evaluation {
		if p.X < 100 || p.X > 1000 || p.X <= last {
			t.Errorf("point at %g: outside of all ranges, or out of order", p.X)
		}
		if !(math.Abs(p.Mean-2*p.X) < 1e-9) { // rounding of an interpolation
			t.Errorf("at %g: mean %g, want %g", p.X, p.Mean, 2*p.X)
		}
		last = p.X
	}
}

func TestPicturesAreWhole(t *testing.T) {
	other := ramp(1, 500, 1500, 8, -0.01)
	other.Task, other.Threshold = "ant", 0
	lone := ramp(9, 1000, 100, 1, 1)
	lone.Preset = "paper"
	silent := ramp(5, 100, 100, 4, 1)
	silent.Preset = "silent"
	for i := range silent.Records {
		silent.Records[i].Evaluation = nil
	}
	groups := Groups([]Run{ramp(1, 1000, 2000, 10, 0.1), ramp(2, 1000, 2000, 10, 0.2), other, lone, silent}, false)
	picture, err := Draw(groups, ".png")
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	// Two panels of 5.5 inches, and below them rows of a legend for three and one curves and a threshold.
	const inches = 11 + 5*19/72.0
	if size := decoded.Bounds().Size(); size.X != 9*resolution || size.Y != int(inches*resolution) {
		t.Errorf("%v pixels, want %d high", size, int(inches*resolution))
	}
	text, err := Draw(groups, ".svg")
	if err != nil {
		t.Fatal(err)
	}
	for decoder := xml.NewDecoder(bytes.NewReader(text)); ; {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"environment steps", "hopper", "ant", "PAL, tuned, 2 seeds", "solved at 3800", ">10k<"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the picture does not say %q", want)
		}
	}
}

// changed is a ramp whose world changes after its iteration k, where the policy falls to −500.
func changed(seed uint64, k int, change string) Run {
	run := ramp(seed, 1000, 100, 10, 1)
	run.Changes = "1500:" + change
	e := *run.Records[k].Evaluation
	e.Samples, e.Return = run.Records[k-1].Samples, -500
	run.Records[k].Perturbation = &algo.Perturbation{Samples: e.Samples, Changes: []string{change}, Evaluation: &e}
	return run
}

func TestAChangeOfTheWorldIsADashedVerticalLineWithItsName(t *testing.T) {
	groups := Groups([]Run{changed(1, 5, "forearm=0.421"), changed(2, 6, "forearm=0.421"), ramp(3, 1000, 100, 10, 1)}, false)
	if len(groups) != 2 || len(groups[0].Marks) != 1 || len(groups[1].Marks) != 0 {
		t.Fatalf("groups %+v: those whose world changes are apart, with one mark", groups)
	}
	if m := groups[0].Marks[0]; m.X != 1500 || m.Label != "forearm=0.421" {
		t.Errorf("mark %+v, want that of the first seed to change", m)
	}
	text, err := Draw(groups, ".svg")
	if err != nil {
		t.Fatal(err)
	}
	vertical := regexp.MustCompile(`<path d="M([0-9.]+),[0-9.]+L([0-9.]+),[0-9.]+"\s+style="[^"]*stroke-dasharray`)
	found := 0
	for _, m := range vertical.FindAllStringSubmatch(string(text), -1) {
		if m[1] == m[2] {
			found++
		}
	}
	if found != 1 || !strings.Contains(string(text), ">forearm=0.421<") {
		t.Errorf("%d dashed vertical lines, want one with its name", found)
	}
}

// The policy of before in the changed world stands in front of the one that answers it.
func TestTheFallAtAChangeIsDrawn(t *testing.T) {
	points := Groups([]Run{changed(1, 5, "goal=3:4")}, false)[0].Evaluation
	if len(points) != 11 || points[5].X != 1499.5 || points[5].Mean != -500 || points[6].X != 1500 || points[6].Mean != 1500 {
		t.Errorf("points %+v", points)
	}
}

func TestMeasuresAreDrawnByNameAndPart(t *testing.T) {
	run := ramp(1, 100, 100, 4, 1)
	for i := range run.Records {
		e := run.Records[i].Evaluation
		e.Measures = map[string]algo.Measure{"distance": {Mean: 3, SecondHalf: 2, Final: 1}}
		e.Success = 0.5
	}
	for text, want := range map[string]float64{"distance": 3, "distance:second_half": 2, "distance:final": 1, "success": 0.5} {
		y, err := ParseValue(text)
		if err != nil {
			t.Fatal(err)
		}
		run.Y = y
		g := Groups([]Run{run}, false)[0]
		if p := g.Evaluation[0]; p.Mean != want || g.Band != "" || !strings.Contains(g.Y, y.Measure) {
			t.Errorf("%s: %+v of %q with band %q, want %g", text, p, g.Y, g.Band, want)
		}
		if _, err := Draw([]Group{g}, ".svg"); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{"distance:last", "success:final", ":final"} {
		if _, err := ParseValue(text); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
}

func TestTicksAreRoundAndFew(t *testing.T) {
	for _, c := range []struct{ low, high float64 }{{0, 1}, {0, 50_000}, {-30, -7}, {990, 1010}, {0, 0}, {-1e-3, 1e-3}} {
		marks := ticks{}.Ticks(c.low, c.high)
		if c.high > c.low && (len(marks) < 3 || len(marks) > 8) {
			t.Errorf("[%g, %g]: %d ticks", c.low, c.high, len(marks))
		}
		for _, mark := range marks {
			if mark.Label == "-0" || len(mark.Label) > 7 {
				t.Errorf("[%g, %g]: label %q", c.low, c.high, mark.Label)
			}
		}
	}
}

// A picture is of the format that its name promises, or refused.
func TestAnUnknownFormatIsRefused(t *testing.T) {
	groups := Groups([]Run{ramp(1, 100, 100, 4, 1)}, false)
	for _, format := range []string{"", ".gif", ".SVG"} {
		if picture, err := Draw(groups, format); err == nil {
			t.Errorf("%q: %d bytes", format, len(picture))
		}
	}
}
