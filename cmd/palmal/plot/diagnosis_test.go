package plot

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/algo"
)

// sick is a model whose errors grow by slope in a decision, until the episodes of the world are over.
func sick(label string, slope float64) Diagnosed {
	var open, closed []algo.Number
	for t := range 20 {
		open, closed = append(open, algo.Number(slope*float64(t))), append(closed, algo.Number(slope))
	}
	open[19], closed[19] = algo.Number(math.NaN()), algo.Number(math.NaN())
	d := algo.Diagnosis{Errors: []algo.ModelError{{Name: "valve angle", Unit: "rad", Main: true, Open: open, Closed: closed},
		{Name: "rates", Open: open, Closed: closed}}}
	d.Returns.Predicted, d.Returns.Realised = []algo.Number{1, 2, 3}, []algo.Number{1, 3, 2}
	for i := range 3000 {
		d.Disagreement.Error = append(d.Disagreement.Error, float64(i))
		d.Disagreement.Spread = append(d.Disagreement.Spread, float64(i%7))
	}
	return Diagnosed{label, d}
}

func TestDiagnosesOfSeveralCheckpointsShareOnePicture(t *testing.T) {
	all := []Diagnosed{sick("20,000 samples", 0.2), sick("40,000 samples", 0.1)}
	text, err := DrawDiagnoses([]string{"valve angle", "rates"}, all, ".svg")
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
	for _, want := range []string{"error of valve angle, rad", "error of rates", "20,000 samples", "40,000 samples", "open loop",
		"closed loop", "predicted by the model", "disagreement of the members"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the picture does not say %q", want)
		}
	}
	if strings.Contains(string(text), "NaN") {
		t.Error("the picture has a NaN in it")
	}
	picture, err := DrawDiagnoses([]string{"valve angle"}, all, ".png")
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	// Two panels a row, a row for the quantity and one below, then a key of one line for each diagnosis; a canvas is cut
	// to whole pixels.
	high := 8.4 + float64(len(all))*19/72
	if size := decoded.Bounds().Size(); math.Abs(float64(size.X)-12.4*resolution) > 1 || math.Abs(float64(size.Y)-high*resolution) > 1 {
		t.Errorf("%v pixels", size)
	}
	if _, err := DrawDiagnoses([]string{"facing"}, all, ".svg"); err == nil {
		t.Error("a quantity that nobody measured is drawn")
	}
}

// Curves that differ by more than a decade are drawn on a log scale, others from 0; a clamp is said.
func TestErrorsThatDifferByADecadeAreOnALogScale(t *testing.T) {
	near := []Diagnosed{sick("a", 0.2), sick("b", 0.1)}
	for i := range near {
		near[i].Errors[0].Closed = near[i].Errors[0].Open
	}
	far := []Diagnosed{sick("a", 200), sick("b", 0.1)}
	far[0].Clamps = algo.Clamps{Bound: 100, Paths: 4, Closed: algo.Clamped{Paths: 3, First: 7}}
	for name, c := range map[string]struct {
		all []Diagnosed
		log bool
	}{"near": {near, false}, "far": {far, true}} {
		text, err := DrawDiagnoses([]string{"valve angle"}, c.all, ".svg")
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "log scale") != c.log || strings.Contains(string(text), "of 4 predicted paths 0 in open loop and 3 in closed reached the clamp of ±100") != c.log {
			t.Errorf("%s: on a log scale %v, want %v with the word on the clamp", name, !c.log, c.log)
		}
	}
	// A linear axis to 3800 would show the lower curve, 0.1 to 1.8, as the floor.
	picture, err := DrawDiagnoses([]string{"valve angle"}, far, ".png")
	if err != nil {
		t.Fatal(err)
	}
	if n := ink(t, picture, palette(1), 0.08, 0.05, 0.5, 0.42); n < 300 {
		t.Errorf("%d pixels of the lower curve are above the floor", n)
	}
}
