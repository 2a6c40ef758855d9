package plot

import (
	"fmt"
	"image/color"
	"maps"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// mostShownLines limits the key of a picture of many runs.
const mostShownLines = 40

// taskPanel is the panel of a task's groups.
type taskPanel struct {
	panel
	x, y axis
}

// drawTask draws one panel.
func drawTask(task string, groups []Group) (panel, error) {
	t := taskPanel{panel: panel{Plot: plot.New(), key: newKey()}, x: newAxis(), y: newAxis()}
	style(t.Plot)
	shown, order := map[int]Group{}, []int{}
	for i, g := range groups {
		if g.Task == task {
			shown[i], order = g, append(order, i)
		}
	}
	t.measure(shown)
	lines, bands := map[int]*plotter.Line{}, map[string]bool{}
	for _, i := range order {
		line, err := t.addCurves(shown[i], palette(i))
		if err != nil {
			return panel{}, err
		}
		lines[i], bands[shown[i].Band] = line, true
	}
	t.explain(shown, order, lines, bands)
	first := shown[order[0]]
	if first.Threshold != 0 { // all groups of a task have the same
		t.key.add(fmt.Sprintf("solved at %g", first.Threshold), t.addThreshold(first.Threshold))
	}
	t.Title.Text = task + "\nsolid: mean action"
	if slices.ContainsFunc(order, func(i int) bool { return len(shown[i].Sampled) > 0 }) {
		t.Title.Text += ", dotted: as sampled"
	}
	if len(bands) == 1 && !bands[""] {
		t.Title.Text += ", band: " + slices.Collect(maps.Keys(bands))[0]
	}
	rows := addCounts(t.Plot, shown, order, t.x)
	t.x.onto(&t.X, t.X.Label.Text, 0, 0.02)
	t.y.onto(&t.Y, first.Y, 0.03+countRow*float64(rows), 0.03)
	return t.panel, addMarks(t.Plot, marksOf(task, groups), t.x)
}

// measure finds the ranges of the axes.
func (t *taskPanel) measure(groups map[int]Group) {
	t.x.see(0)
	for _, g := range groups {
		for _, points := range [][]Point{g.Evaluation, g.Sampled} {
			for _, p := range points {
				t.x.see(p.X)
				t.y.see(p.Mean)
			}
		}
		for _, p := range g.Evaluation {
			t.y.see(p.Low, p.High)
		}
		if g.Threshold != 0 {
			t.y.see(g.Threshold)
		}
	}
	t.x.settle()
	t.y.settle()
}

// explain adds a line to the key for every group that has data.
func (t *taskPanel) explain(groups map[int]Group, order []int, lines map[int]*plotter.Line, bands map[string]bool) {
	hidden := 0
	for _, i := range order {
		label := groups[i].Label()
		if len(bands) > 1 && groups[i].Band != "" {
			label += ", " + groups[i].Band
		}
		switch {
		case lines[i] == nil:
		case len(t.key.labels) < mostShownLines:
			t.key.add(label, lines[i])
		default:
			hidden++
		}
	}
	if hidden > 0 {
		t.key.add(fmt.Sprintf("and %d more", hidden), &plotter.Line{})
	}
}

// addCurves draws the curves of a group and returns its line for the key, nil if there is no data. A curve
// is thin where seeds are missing.
func (t *taskPanel) addCurves(g Group, colour color.RGBA) (*plotter.Line, error) {
	if err := t.addBand(g.Evaluation, colour); err != nil {
		return nil, err
	}
	const missing, full = 0, 1
	kind := func(a, b Point) int {
		if min(a.Seeds, b.Seeds) < len(g.Seeds) {
			return missing
		}
		return full
	}
	var shown *plotter.Line
	for _, c := range []struct {
		points      []Point
		width, thin float64
		dashes      []vg.Length
	}{{g.Sampled, 1.2, 0.8, []vg.Length{vg.Points(2), vg.Points(3)}}, {g.Evaluation, 2.4, 1.1, nil}} {
		for _, part := range stretches(c.points, kind) {
			line, err := plotter.NewLine(t.means(part))
			if err != nil {
				return nil, err
			}
			line.Color, line.Width, line.Dashes = colour, vg.Points(c.thin), c.dashes
			if kind(part[0], part[min(1, len(part)-1)]) == full {
				line.Width = vg.Points(c.width)
			}
			t.Add(line)
			if len(part) == 1 { // a point makes no line
				if err := t.addDot(part[0], colour); err != nil {
					return nil, err
				}
			}
			if shown == nil || line.Width >= shown.Width {
				shown = line
			}
		}
	}
	return shown, nil
}

// means returns the points of a curve on the axes.
func (t *taskPanel) means(points []Point) plotter.XYs {
	line := make(plotter.XYs, len(points))
	for i, point := range points {
		line[i] = plotter.XY{X: t.x.at(point.X), Y: t.y.at(point.Mean)}
	}
	return line
}

func (t *taskPanel) addDot(point Point, colour color.RGBA) error {
	dot, err := plotter.NewScatter(t.means([]Point{point}))
	if err != nil {
		return err
	}
	dot.Color, dot.Radius, dot.Shape = colour, vg.Points(4), draw.CircleGlyph{}
	t.Add(dot)
	return nil
}

// addBand shades the area between low and high, where both are known.
func (t *taskPanel) addBand(points []Point, colour color.RGBA) error {
	known := func(p Point) bool { return !math.IsNaN(p.Low) && !math.IsNaN(p.High) }
	const none = -1
	kind := func(a, b Point) int { // another number of seeds makes another band
		if !known(a) || !known(b) || a.Seeds != b.Seeds {
			return none
		}
		return a.Seeds
	}
	for _, part := range stretches(points, kind) {
		if len(part) < 2 || kind(part[0], part[1]) == none {
			continue
		}
		var low, high plotter.XYs
		for _, p := range part {
			low = append(low, plotter.XY{X: t.x.at(p.X), Y: t.y.at(p.Low)})
			high = append(high, plotter.XY{X: t.x.at(p.X), Y: t.y.at(p.High)})
		}
		slices.Reverse(high)
		band, err := plotter.NewPolygon(append(low, high...))
		if err != nil {
			return err
		}
		const share = 0.2 // opacity of the band; RGBA is premultiplied
		dim := func(x uint8) uint8 { return uint8(share * float64(x)) }
		band.Color = color.RGBA{dim(colour.R), dim(colour.G), dim(colour.B), dim(255)}
		band.LineStyle.Width = 0
		t.Add(band)
	}
	return nil
}

// addThreshold marks the return at which the task counts as solved.
func (t *taskPanel) addThreshold(threshold float64) plot.Thumbnailer {
	at := t.y.at(threshold)
	line := plotter.NewFunction(func(float64) float64 { return at })
	line.Color, line.Width = color.Gray{120}, vg.Points(1.2)
	line.Dashes = []vg.Length{vg.Points(7), vg.Points(4)}
	t.Add(line)
	return line
}
