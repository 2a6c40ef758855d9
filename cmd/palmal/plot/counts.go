package plot

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// countRow is the height of a row of seed counts, as a share of a panel.
const countRow = 0.05

// counts writes the number of seeds along a curve at the bottom of a panel: a row for each group in which
// it changes.
type counts struct {
	row    int // number of the row from the bottom
	spans  []Span
	x      axis
	colour color.RGBA
}

// Plot draws the row.
func (s counts) Plot(c draw.Canvas, p *plot.Plot) {
	trX, _ := p.Transforms(&c)
	style := p.X.Tick.Label
	style.Color, style.XAlign, style.YAlign = s.colour, draw.XLeft, draw.YCenter
	y := c.Min.Y + vg.Length(float64(s.row)+0.5)*countRow*(c.Max.Y-c.Min.Y)
	free := c.Min.X // right end of the last label
	for _, span := range s.spans {
		from := trX(s.x.at(span.From))
		c.StrokeLine2(draw.LineStyle{Color: s.colour, Width: vg.Points(1)}, from, y-vg.Points(5), from, y+vg.Points(5))
		text := fmt.Sprintf("n = %d", span.Seeds)
		width := style.Width(text)
		if at := max(from+vg.Points(3), free); at+width <= c.Max.X && at < from+vg.Points(20) {
			c.FillText(style, vg.Point{X: at, Y: y}, text)
			free = at + width + vg.Points(4)
		}
	}
}

// addCounts adds a row for every group whose number of seeds changes and returns how many there are.
func addCounts(p *plot.Plot, groups map[int]Group, order []int, x axis) int {
	rows := 0
	for _, i := range order {
		if spans := groups[i].WideSpans(); len(spans) > 0 {
			p.Add(counts{rows, spans, x, palette(i)})
			rows++
		}
	}
	return rows
}

var _ plot.Plotter = counts{}
