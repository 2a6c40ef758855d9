package plot

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/palmal-rl/palmal/algo"
)

// Diagnosed is one checkpoint's diagnosis, drawn in one colour.
type Diagnosed struct {
	Label string
	algo.Diagnosis
}

// Size of one panel of a diagnosis.
const (
	diagnosisWidth  = 6.2 * vg.Inch
	diagnosisHeight = 4.2 * vg.Inch
)

// DrawDiagnoses draws a row of two panels for each named quantity: its error over the look-ahead in open
// and in closed loop. A last row shows predicted against realised returns, and true error against
// disagreement. The diagnoses must hold the same quantities.
func DrawDiagnoses(quantities []string, all []Diagnosed, format string) ([]byte, error) {
	var rows [][2]*plot.Plot
	for _, name := range quantities {
		row, err := errorRow(name, all)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	returns, err := returnsPanel(all)
	if err != nil {
		return nil, err
	}
	disagreement, err := disagreementPanel(all)
	if err != nil {
		return nil, err
	}
	rows = append(rows, [2]*plot.Plot{returns, disagreement})
	k := newKey()
	for i, d := range all {
		label := d.Label
		if c := d.Clamps; c.Open.Paths+c.Closed.Paths > 0 {
			label += fmt.Sprintf("; of %d predicted paths %d in open loop and %d in closed reached the clamp of ±%g", c.Paths, c.Open.Paths,
				c.Closed.Paths, c.Bound)
		}
		k.add(label, &plotter.Line{LineStyle: draw.LineStyle{Color: palette(i), Width: vg.Points(2)}})
	}
	return drawGrid(rows, k, format)
}

// drawGrid draws rows of two panels, and a key for all of them.
func drawGrid(rows [][2]*plot.Plot, k key, format string) ([]byte, error) {
	canvas, write := newCanvas(format, 2*diagnosisWidth, diagnosisHeight*vg.Length(len(rows))+k.height())
	whole := draw.New(canvas)
	whole.SetColor(color.White)
	whole.Fill(whole.Rectangle.Path())
	whole = k.draw(whole)
	tiles := draw.Tiles{Rows: len(rows), Cols: 2, PadTop: margin, PadBottom: margin, PadLeft: margin, PadRight: margin,
		PadX: 2 * margin, PadY: 2 * margin}
	for i, row := range rows {
		for j, panel := range row {
			panel.Draw(tiles.At(whole, j, i))
		}
	}
	return write()
}

// errorCurve is the error of one quantity over the look-ahead, of one checkpoint.
type errorCurve struct {
	colour color.RGBA
	values []algo.Number // [H+1]
}

// errorRow draws the two panels of a quantity, on the same axis.
func errorRow(quantity string, all []Diagnosed) (row [2]*plot.Plot, err error) {
	var open, closed []errorCurve
	label := "error of " + quantity
	for k, d := range all {
		i := slices.IndexFunc(d.Errors, func(e algo.ModelError) bool { return e.Name == quantity })
		if i < 0 {
			return row, fmt.Errorf("%s knows no quantity %q", d.Label, quantity)
		}
		if unit := d.Errors[i].Unit; unit != "" {
			label = "error of " + quantity + ", " + unit
		}
		open = append(open, errorCurve{palette(k), d.Errors[i].Open})
		closed = append(closed, errorCurve{palette(k), d.Errors[i].Closed})
	}
	y := errorAxis(append(slices.Clone(open), closed...))
	if y.log {
		label += ", log scale"
	}
	if row[0], err = errorPanel("open loop: the world's actions", label, open, y); err != nil {
		return row, err
	}
	row[1], err = errorPanel("closed loop: the policy's own actions", label, closed, y)
	return row, err
}

// apart is the largest ratio of the maxima of two curves on a linear axis: beyond a decade, the lower
// curve is flat.
const apart = 10

// errorAxis starts from 0, or is logarithmic where curves differ too much.
func errorAxis(curves []errorCurve) axis {
	y, positive := newAxis(), newAxis()
	lowest, highest := math.Inf(1), 0.0
	for _, c := range curves {
		most := 0.0
		for _, n := range c.values {
			x := finite(n)
			y.see(x)
			if x > 0 {
				positive.see(x)
				most = max(most, x)
			}
		}
		if most > 0 {
			lowest, highest = min(lowest, most), max(highest, most)
		}
	}
	if lowest < highest/apart {
		y, y.log = positive, true
	} else {
		y.see(0)
	}
	y.settle()
	return y
}

// errorPanel draws curves of errors.
func errorPanel(title, label string, curves []errorCurve, y axis) (*plot.Plot, error) {
	p := plot.New()
	style(p)
	p.Title.Text, p.X.Label.Text = title, "decisions ahead"
	horizon := 1
	for _, c := range curves {
		horizon = max(horizon, len(c.values)-1)
		points := make([]Point, len(c.values))
		for t, n := range c.values {
			points[t] = Point{X: float64(t), Mean: finite(n)}
			if y.log && !(points[t].Mean > 0) {
				points[t].Mean = math.NaN() // a logarithmic axis has no 0
			}
		}
		for _, part := range stretches(thinned(points), alike) {
			var line plotter.XYs
			for _, p := range part {
				line = append(line, plotter.XY{X: p.X, Y: y.at(p.Mean)})
			}
			drawn, err := plotter.NewLine(line)
			if err != nil {
				return nil, err
			}
			drawn.Color, drawn.Width = c.colour, vg.Points(2)
			p.Add(drawn)
		}
	}
	p.X.Min, p.X.Max = 0, float64(horizon)
	below := 0.0
	if y.log {
		below = 0.05
	}
	y.onto(&p.Y, label, below, 0.05)
	return p, nil
}

// returnsPanel draws a dot per episode, and the line on which the model is right.
func returnsPanel(all []Diagnosed) (*plot.Plot, error) {
	p := plot.New()
	style(p)
	p.Title.Text = "return by episode, dashed: the model is right"
	x, y := newAxis(), newAxis()
	var clouds [][][2]float64
	for _, d := range all {
		var cloud [][2]float64
		for i := range d.Returns.Predicted {
			cloud = append(cloud, [2]float64{finite(d.Returns.Realised[i]), finite(d.Returns.Predicted[i])})
		}
		clouds = append(clouds, cloud)
	}
	if err := addClouds(p, clouds, &x, &y); err != nil {
		return nil, err
	}
	low, high := min(x.low, y.low), max(x.high, y.high)
	equal, err := plotter.NewLine(plotter.XYs{{X: x.at(low), Y: y.at(low)}, {X: x.at(high), Y: y.at(high)}})
	if err != nil {
		return nil, err
	}
	equal.Color, equal.Width, equal.Dashes = color.Gray{120}, vg.Points(1.2), []vg.Length{vg.Points(7), vg.Points(4)}
	p.Add(equal)
	x.onto(&p.X, "realised in the world", 0.05, 0.05)
	y.onto(&p.Y, "predicted by the model", 0.05, 0.05)
	return p, nil
}

// disagreementPanel draws a dot per transition, or for a subset of many.
func disagreementPanel(all []Diagnosed) (*plot.Plot, error) {
	const most = 400 // largest number of dots of a checkpoint
	p := plot.New()
	style(p)
	p.Title.Text = "one decision, in scales of the model's loss"
	x, y := newAxis(), newAxis()
	x.see(0)
	y.see(0)
	var clouds [][][2]float64
	for _, d := range all {
		var cloud [][2]float64
		stride := (len(d.Disagreement.Error) + most - 1) / most
		for i := 0; i < len(d.Disagreement.Error); i += stride {
			cloud = append(cloud, [2]float64{finite(algo.Number(d.Disagreement.Spread[i])), finite(algo.Number(d.Disagreement.Error[i]))})
		}
		clouds = append(clouds, cloud)
	}
	if err := addClouds(p, clouds, &x, &y); err != nil {
		return nil, err
	}
	x.onto(&p.X, "disagreement of the members", 0, 0.05)
	y.onto(&p.Y, "error of their mean", 0, 0.05)
	return p, nil
}

// addClouds draws a dot for each pair of x and y, a colour for each cloud, and adds to the title how many
// pairs are not numbers.
func addClouds(p *plot.Plot, clouds [][][2]float64, x, y *axis) error {
	hidden := 0
	kept := make([][][2]float64, len(clouds))
	for i, cloud := range clouds {
		kept[i] = slices.DeleteFunc(slices.Clone(cloud), func(at [2]float64) bool { return math.IsNaN(at[0]) || math.IsNaN(at[1]) })
		hidden += len(cloud) - len(kept[i])
		for _, at := range kept[i] {
			x.see(at[0])
			y.see(at[1])
		}
	}
	x.settle()
	y.settle()
	for i, cloud := range kept {
		var points plotter.XYs
		for _, at := range cloud {
			points = append(points, plotter.XY{X: x.at(at[0]), Y: y.at(at[1])})
		}
		if len(points) == 0 {
			continue
		}
		dots, err := plotter.NewScatter(points)
		if err != nil {
			return err
		}
		dots.Color, dots.Radius, dots.Shape = palette(i), vg.Points(2.2), draw.CircleGlyph{}
		p.Add(dots)
	}
	if hidden > 0 {
		p.Title.Text += fmt.Sprintf("\n%d are not numbers", hidden)
	}
	return nil
}
