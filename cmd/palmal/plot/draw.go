package plot

import (
	"fmt"
	"image/color"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Size of one panel.
const (
	width      = 9 * vg.Inch
	height     = 5.5 * vg.Inch
	resolution = 144 // pixels per inch of PNG
)

// palette is that of Okabe and Ito, whose colours differ for people with any colour vision.
func palette(i int) color.RGBA {
	colours := []color.RGBA{{0, 114, 178, 255}, {213, 94, 0, 255}, {0, 158, 115, 255}, {204, 121, 167, 255},
		{230, 159, 0, 255}, {86, 180, 233, 255}}
	return colours[i%len(colours)]
}

// Formats lists the endings of files that can be drawn.
func Formats() []string { return []string{".svg", ".png", ".pdf"} }

// Draw draws the curves of groups, one panel per task, in a format of [Formats].
func Draw(groups []Group, format string) ([]byte, error) {
	var tasks []string
	for _, g := range groups {
		if !slices.Contains(tasks, g.Task) {
			tasks = append(tasks, g.Task)
		}
	}
	var panels []panel
	for _, task := range tasks {
		p, err := drawTask(task, groups)
		if err != nil {
			return nil, fmt.Errorf("plot of %s: %w", task, err)
		}
		panels = append(panels, p)
	}
	return drawPanels(panels, format)
}

// drawPanels draws panels one below the other.
func drawPanels(panels []panel, format string) ([]byte, error) {
	if !slices.Contains(Formats(), format) {
		return nil, fmt.Errorf("picture format %q: want one of %s", format, strings.Join(Formats(), ", "))
	}
	total := vg.Length(0)
	for _, p := range panels {
		total += p.height()
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
