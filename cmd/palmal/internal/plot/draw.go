package plot

import (
	"bytes"
	"fmt"
	"image/color"
	"maps"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Size of one panel.
const (
	width      = 9 * vg.Inch
	height     = 5.5 * vg.Inch
	resolution = 144 // pixels per inch of PNG
)

// palette is that of Okabe and Ito, which people with any colour vision can tell apart.
func palette(i int) color.RGBA {
	colours := []color.RGBA{{0, 114, 178, 255}, {213, 94, 0, 255}, {0, 158, 115, 255}, {204, 121, 167, 255},
		{230, 159, 0, 255}, {86, 180, 233, 255}}
	return colours[i%len(colours)]
}

// Formats lists the endings of files that can be drawn.
func Formats() []string { return []string{".svg", ".png"} }

// Draw draws the curves of groups, one panel per task, in a format of [Formats].
func Draw(groups []Group, format string) ([]byte, error) {
	var tasks []string
	for _, g := range groups {
		if !slices.Contains(tasks, g.Task) {
			tasks = append(tasks, g.Task)
		}
	}
	var panels []panel
	total := vg.Length(0)
	for _, task := range tasks {
		p, err := drawTask(task, groups)
		if err != nil {
			return nil, fmt.Errorf("plot of %s: %w", task, err)
		}
		panels, total = append(panels, p), total+p.height()
	}
	canvas, write := newCanvas(format, width, total)
	whole := draw.New(canvas)
	whole.SetColor(color.White)
	whole.Fill(whole.Rectangle.Path())
	for _, p := range panels {
		total -= p.height()
		p.draw(draw.Crop(whole, 0, 0, total, total+p.height()-whole.Max.Y))
	}
	return write()
}

// panel is a plot with its key below.
type panel struct {
	*plot.Plot
	key
}

func (p panel) height() vg.Length { return height + p.key.height() }

func (p panel) draw(c draw.Canvas) {
	p.Draw(draw.Crop(p.key.draw(c), margin, -margin, margin, -margin))
}

// newCanvas returns a canvas and what writes it in a format.
func newCanvas(format string, width, height vg.Length) (vg.CanvasSizer, func() ([]byte, error)) {
	var out bytes.Buffer
	if format == ".png" {
		c := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(resolution), vgimg.UseBackgroundColor(color.White))
		return c, func() ([]byte, error) {
			_, err := vgimg.PngCanvas{Canvas: c}.WriteTo(&out)
			return out.Bytes(), err
		}
	}
	c := vgsvg.New(width, height)
	return c, func() ([]byte, error) {
		_, err := c.WriteTo(&out)
		// Readers without that font take one that looks alike.
		return bytes.ReplaceAll(out.Bytes(), []byte("font-family:Liberation Sans;"), []byte("font-family:Liberation Sans,Arial,sans-serif;")), err
	}
}

// drawTask draws one panel.
func drawTask(task string, groups []Group) (panel, error) {
	p := panel{Plot: plot.New(), key: newKey()}
	style(p.Plot)
	bands := map[string]bool{}
	threshold := 0.0 // all groups of a task have the same
	lines := map[int]*plotter.Line{}
	for i, g := range groups {
		if g.Task != task {
			continue
		}
		line, err := addCurves(p.Plot, g, palette(i))
		if err != nil {
			return panel{}, err
		}
		lines[i], bands[g.Band], threshold, p.Y.Label.Text = line, true, g.Threshold, g.Y
	}
	for i, g := range groups {
		label := g.Label()
		if len(bands) > 1 && g.Band != "" {
			label += ", " + g.Band
		}
		if lines[i] != nil {
			p.key.add(label, lines[i])
		}
	}
	if threshold != 0 {
		p.key.add(fmt.Sprintf("solved at %g", threshold), addThreshold(p.Plot, threshold))
	}
	p.Title.Text = task + "\nsolid: mean action, dotted: as sampled"
	if len(bands) == 1 && !bands[""] {
		p.Title.Text += ", band: " + slices.Collect(maps.Keys(bands))[0]
	}
	p.Y.Min -= 0.03 * (p.Y.Max - p.Y.Min)
	p.Y.Max += 0.03 * (p.Y.Max - p.Y.Min)
	p.X.Min = min(0, p.X.Min)
	p.X.Max += 0.02 * (p.X.Max - p.X.Min)
	return p, addMarks(p.Plot, marksOf(task, groups))
}

// style makes text large enough to read in a README.
func style(p *plot.Plot) {
	p.BackgroundColor = color.White
	const typeface = "Sans" // reads better than the default in small pictures
	p.Title.TextStyle.Font.Variant = typeface
	p.Title.TextStyle.Font.Size = vg.Points(14)
	p.Title.Padding = vg.Points(8)
	p.X.Label.Text = "environment steps"
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font.Variant = typeface
		axis.Label.TextStyle.Font.Size = vg.Points(14)
		axis.Label.Padding = vg.Points(4)
		axis.Tick.Label.Font.Variant = typeface
		axis.Tick.Label.Font.Size = vg.Points(12.5)
		axis.Tick.Marker = ticks{}
		axis.Padding = 0
	}
	p.Legend.TextStyle.Font.Variant = typeface
	p.Legend.TextStyle.Font.Size = vg.Points(13)
	p.Legend.ThumbnailWidth = vg.Points(28)
	p.Legend.Padding = vg.Points(3)
	p.Legend.Left, p.Legend.YPosition = true, draw.PosCenter
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = color.Gray{225}, color.Gray{225}
	p.Add(grid)
}

// addCurves draws the curves of a group and returns the one that stands for it in the legend, nil
// if there is no data.
func addCurves(p *plot.Plot, g Group, colour color.RGBA) (*plotter.Line, error) {
	if err := addBand(p, g.Evaluation, colour); err != nil {
		return nil, err
	}
	var shown *plotter.Line
	for _, c := range []struct {
		points []Point
		width  vg.Length
		dashes []vg.Length
	}{{g.Sampled, 1.2, []vg.Length{vg.Points(2), vg.Points(3)}}, {g.Evaluation, 2.4, nil}} {
		if len(c.points) == 0 {
			continue
		}
		line, err := plotter.NewLine(means(c.points))
		if err != nil {
			return nil, err
		}
		line.Color, line.Width, line.Dashes = colour, vg.Points(float64(c.width)), c.dashes
		p.Add(line)
		shown = line
		if len(c.points) == 1 { // which makes no line
			if err := addDot(p, c.points[0], colour); err != nil {
				return nil, err
			}
		}
	}
	return shown, nil
}

func means(points []Point) plotter.XYs {
	line := make(plotter.XYs, len(points))
	for i, point := range points {
		line[i] = plotter.XY{X: point.X, Y: point.Mean}
	}
	return line
}

func addDot(p *plot.Plot, point Point, colour color.RGBA) error {
	dot, err := plotter.NewScatter(means([]Point{point}))
	if err != nil {
		return err
	}
	dot.Color, dot.Radius, dot.Shape = colour, vg.Points(4), draw.CircleGlyph{}
	p.Add(dot)
	return nil
}

// addBand shades what lies between low and high, where both are known.
func addBand(p *plot.Plot, points []Point, colour color.RGBA) error {
	var low, high plotter.XYs
	for _, point := range points {
		if !math.IsNaN(point.Low) && !math.IsNaN(point.High) {
			low = append(low, plotter.XY{X: point.X, Y: point.Low})
			high = append(high, plotter.XY{X: point.X, Y: point.High})
		}
	}
	if len(low) < 2 {
		return nil
	}
	slices.Reverse(high)
	band, err := plotter.NewPolygon(append(low, high...))
	if err != nil {
		return err
	}
	const share = 0.2 // of the colour; RGBA is premultiplied
	dim := func(x uint8) uint8 { return uint8(share * float64(x)) }
	band.Color = color.RGBA{dim(colour.R), dim(colour.G), dim(colour.B), dim(255)}
	band.LineStyle.Width = 0
	p.Add(band)
	return nil
}

// addThreshold marks the return at which the task counts as solved.
func addThreshold(p *plot.Plot, threshold float64) plot.Thumbnailer {
	line := plotter.NewFunction(func(float64) float64 { return threshold })
	line.Color, line.Width = color.Gray{120}, vg.Points(1.2)
	line.Dashes = []vg.Length{vg.Points(7), vg.Points(4)}
	p.Add(line)
	p.Y.Max, p.Y.Min = max(p.Y.Max, threshold), min(p.Y.Min, threshold)
	return line
}
