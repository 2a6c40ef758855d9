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

// Diagnosed is one checkpoint's diagnosis, one colour of the picture.
type Diagnosed struct {
	Label string
	algo.Diagnosis
}

// Size of one panel of a diagnosis.
const (
	diagnosisWidth  = 6.2 * vg.Inch
	diagnosisHeight = 4.2 * vg.Inch
)

// DrawDiagnoses draws a row of two panels for each quantity that is named, its error over the
// look-ahead in open and in closed loop; and below them predicted against realised returns, and
// true error against disagreement. The diagnoses must know the same quantities.
func DrawDiagnoses(quantities []string, all []Diagnosed, format string) ([]byte, error) {
	var rows [][2]*plot.Plot
	for _, name := range quantities {
		open, err := errorPanel("open loop: the world's actions", name, all, func(e algo.ModelError) []algo.Number { return e.Open })
		if err != nil {
			return nil, err
		}
		closed, err := errorPanel("closed loop: the policy's own actions", name, all, func(e algo.ModelError) []algo.Number { return e.Closed })
		if err != nil {
			return nil, err
		}
		most := max(open.Y.Max, closed.Y.Max)
		open.Y.Max, closed.Y.Max = most, most
		rows = append(rows, [2]*plot.Plot{open, closed})
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
		k.add(d.Label, &plotter.Line{LineStyle: draw.LineStyle{Color: palette(i), Width: vg.Points(2)}})
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

// errorPanel draws the error of one quantity over the look-ahead.
func errorPanel(title, quantity string, all []Diagnosed, of func(algo.ModelError) []algo.Number) (*plot.Plot, error) {
	p := plot.New()
	style(p)
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, "decisions ahead", "error of "+quantity
	for k, d := range all {
		i := slices.IndexFunc(d.Errors, func(e algo.ModelError) bool { return e.Name == quantity })
		if i < 0 {
			return nil, fmt.Errorf("%s knows no quantity %q", d.Label, quantity)
		}
		if unit := d.Errors[i].Unit; unit != "" {
			p.Y.Label.Text = "error of " + quantity + ", " + unit
		}
		var points plotter.XYs
		for t, y := range of(d.Errors[i]) {
			if y == y && !math.IsInf(float64(y), 0) {
				points = append(points, plotter.XY{X: float64(t), Y: float64(y)})
			}
		}
		line, err := plotter.NewLine(points)
		if err != nil {
			return nil, err
		}
		line.Color, line.Width = palette(k), vg.Points(2)
		p.Add(line)
	}
	p.Y.Min = 0
	p.Y.Max *= 1.05
	return p, nil
}

// returnsPanel draws a dot per episode, and the line on which the model is right.
func returnsPanel(all []Diagnosed) (*plot.Plot, error) {
	p := plot.New()
	style(p)
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = "return by episode, dashed: the model is right", "realised in the world", "predicted by the model"
	for k, d := range all {
		var points plotter.XYs
		for i := range d.Returns.Predicted {
			points = append(points, plotter.XY{X: float64(d.Returns.Realised[i]), Y: float64(d.Returns.Predicted[i])})
		}
		if err := addDots(p, points, palette(k)); err != nil {
			return nil, err
		}
	}
	low, high := min(p.X.Min, p.Y.Min), max(p.X.Max, p.Y.Max)
	equal, err := plotter.NewLine(plotter.XYs{{X: low, Y: low}, {X: high, Y: high}})
	if err != nil {
		return nil, err
	}
	equal.Color, equal.Width, equal.Dashes = color.Gray{120}, vg.Points(1.2), []vg.Length{vg.Points(7), vg.Points(4)}
	p.Add(equal)
	return p, nil
}

// disagreementPanel draws a dot per transition, of many transitions some.
func disagreementPanel(all []Diagnosed) (*plot.Plot, error) {
	const most = 400 // dots of a checkpoint
	p := plot.New()
	style(p)
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = "one decision, in scales of the model's loss", "disagreement of the members", "error of their mean"
	for k, d := range all {
		var points plotter.XYs
		stride := (len(d.Disagreement.Error) + most - 1) / most
		for i := 0; i < len(d.Disagreement.Error); i += stride {
			points = append(points, plotter.XY{X: d.Disagreement.Spread[i], Y: d.Disagreement.Error[i]})
		}
		if err := addDots(p, points, palette(k)); err != nil {
			return nil, err
		}
	}
	p.X.Min, p.Y.Min = 0, 0
	return p, nil
}

func addDots(p *plot.Plot, points plotter.XYs, colour color.RGBA) error {
	dots, err := plotter.NewScatter(points)
	if err != nil {
		return err
	}
	dots.Color, dots.Radius, dots.Shape = colour, vg.Points(2.2), draw.CircleGlyph{}
	p.Add(dots)
	return nil
}
