package plot

import (
	"bytes"
	"image/color"
	"image/png"
	"math"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/algo"
)

// Where seeds end or begin, the mean is over the others, and says over how many; nothing of a longer
// seed is left out.
func TestSeedsOfUnequalLengthAreDrawnToTheirEnds(t *testing.T) {
	g := Groups([]Run{ramp(1, 100, 100, 100, 1), ramp(2, 100, 100, 10, 3), ramp(3, 100, 100, 4, 5)}, false)[0]
	if len(g.Evaluation) != 100 {
		t.Fatalf("%d points, the longest run has 100", len(g.Evaluation))
	}
	for _, p := range g.Evaluation {
		seeds, mean := 1, p.X
		switch {
		case p.X <= 400:
			seeds, mean = 3, 3*p.X
		case p.X <= 1000:
			seeds, mean = 2, 2*p.X
		}
		if p.Seeds != seeds || !(math.Abs(p.Mean-mean) < 1e-9*mean) || (seeds == 1) != math.IsNaN(p.Low) { // rounding
			t.Errorf("at %g: %+v, want the mean %g of %d seeds", p.X, p, mean, seeds)
		}
	}
	spans := g.Spans()
	if len(spans) != 3 || spans[0] != (Span{100, 400, 3}) || spans[1] != (Span{500, 1000, 2}) || spans[2] != (Span{1100, 10000, 1}) {
		t.Errorf("spans %+v", spans)
	}
	text, err := Draw([]Group{g}, ".svg")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{">n = 2<", ">n = 1<"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the picture does not say %q", want)
		}
	}
}

func TestSeedsWithoutCommonSamplesAreDrawn(t *testing.T) {
	g := Groups([]Run{ramp(1, 100, 100, 4, 1), ramp(2, 1000, 100, 4, 1)}, false)[0]
	if len(g.Evaluation) != 8 {
		t.Errorf("%d points, want all 8", len(g.Evaluation))
	}
	cut := Groups([]Run{ramp(1, 100, 100, 4, 1), ramp(2, 1000, 100, 4, 1)}, true)[0]
	if len(cut.Evaluation) != 0 || len(cut.Cut) != 2 || cut.Cut[0].All != 8 || cut.Cut[0].Kept != 0 {
		t.Errorf("%d points in common, cuts %+v", len(cut.Evaluation), cut.Cut)
	}
}

func TestACommonRangeSaysWhatItCuts(t *testing.T) {
	g := Groups([]Run{ramp(1, 100, 100, 100, 1), ramp(2, 100, 100, 10, 3)}, true)[0]
	if len(g.Evaluation) != 10 || g.Spans() != nil {
		t.Errorf("%d points, spans %+v: want the 10 of the shorter run", len(g.Evaluation), g.Spans())
	}
	if len(g.Cut) != 2 || g.Cut[0] != (Cut{"mean action", 100, 1000, 10, 100}) {
		t.Errorf("cuts %+v", g.Cut)
	}
}

// A value that is no number is a gap in the curve, and is counted.
func TestGapsStayGaps(t *testing.T) {
	run := ramp(1, 100, 100, 9, 1)
	run.Records[4].Evaluation.Return = algo.Number(math.NaN())
	g := Groups([]Run{run}, false)[0]
	if g.Gaps != 1 || len(stretches(g.Evaluation, alike)) != 2 {
		t.Errorf("%d gaps in %+v", g.Gaps, g.Evaluation)
	}
	pair := Groups([]Run{run, ramp(2, 100, 100, 9, 3)}, false)[0]
	if p := pair.Evaluation[4]; p.Seeds != 1 || p.Mean != 1500 {
		t.Errorf("in the gap of one seed: %+v, want the other", p)
	}
}

// A long curve is drawn by a few thousand points, its extremes and its ends among them.
func TestLongCurvesKeepTheirExtremes(t *testing.T) {
	run := ramp(1, 0, 1, 1_000_000, 1e-6)
	run.Records[777_777].Evaluation.Return = 500
	run.Records[123_456].Evaluation.Return = -500
	g := Groups([]Run{run}, false)[0]
	low, high := 0.0, 0.0
	for _, p := range g.Evaluation {
		low, high = min(low, p.Mean), max(high, p.Mean)
	}
	if n := len(g.Evaluation); n > mostPoints || low != -500 || high != 500 || g.Evaluation[0].X != 0 || g.Evaluation[n-1].X != 999_999 {
		t.Errorf("%d points from %g to %g, extremes %g and %g", n, g.Evaluation[0].X, g.Evaluation[n-1].X, low, high)
	}
}

// ink counts the pixels of about a colour in a part of a picture, which is given in shares of it.
func ink(t *testing.T, picture []byte, want color.RGBA, left, top, right, bottom float64) int {
	t.Helper()
	decoded, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	size, found := decoded.Bounds().Size(), 0
	for y := int(top * float64(size.Y)); y < int(bottom*float64(size.Y)); y++ {
		for x := int(left * float64(size.X)); x < int(right*float64(size.X)); x++ {
			r, g, b, _ := decoded.At(x, y).RGBA()
			near := func(a uint32, b uint8) bool { return max(a>>8, uint32(b))-min(a>>8, uint32(b)) < 12 }
			if near(r, want.R) && near(g, want.G) && near(b, want.B) {
				found++
			}
		}
	}
	return found
}

// One of two seeds ends at half of the samples: the curve is thick with a band on the left, thin without
// one on the right.
func TestACurveIsThinWhereSeedsAreMissing(t *testing.T) {
	short, long := ramp(1, 150, 100, 50, 0.1), ramp(2, 100, 100, 100, 0.3) // the short one also begins later
	short.Threshold, long.Threshold = 0, 0
	picture, err := Draw(Groups([]Run{short, long}, false), ".png")
	if err != nil {
		t.Fatal(err)
	}
	left, right := ink(t, picture, palette(0), 0.1, 0.1, 0.5, 0.75), ink(t, picture, palette(0), 0.6, 0.1, 0.95, 0.75)
	if !(left > 2*right) || right < 100 {
		t.Errorf("%d pixels of the curve on the left, %d on the right", left, right)
	}
	band := color.RGBA{204, 227, 240, 255}                                                                                            // a fifth of the colour on white
	if on, off := ink(t, picture, band, 0.1, 0.1, 0.5, 0.75), ink(t, picture, band, 0.6, 0.1, 0.95, 0.75); on < 1000 || off > on/50 { // edges of lines and of the grid have any colour
		t.Errorf("%d pixels of the band on the left, %d on the right", on, off)
	}
}
