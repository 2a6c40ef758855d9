package plot

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// margin is the margin around a drawing.
const margin = 12 * vg.Length(1)

// key is a legend on its own strip, which no curve crosses.
type key struct {
	legend plot.Legend
	labels []string
}

// newKey returns an empty key in the style of a plot's legend.
func newKey() key {
	p := plot.New()
	style(p)
	return key{legend: p.Legend}
}

// add adds the meaning of a line.
func (k *key) add(label string, line plot.Thumbnailer) {
	k.legend.Add(label, line)
	k.labels = append(k.labels, label)
}

// height is the height of the strip without margins.
func (k key) height() vg.Length { return 19 * vg.Length(len(k.labels)) }

// draw draws the key at the bottom of a canvas and returns the rest above it.
func (k key) draw(c draw.Canvas) draw.Canvas {
	strip := draw.Crop(c, margin, -margin, margin, margin+k.height()-(c.Max.Y-c.Min.Y))
	k.fit(strip.Max.X - strip.Min.X - k.legend.ThumbnailWidth)
	k.legend.Draw(strip)
	return draw.Crop(c, 0, 0, k.height(), 0)
}

// fit makes the letters so small that every label has room, with the space before it.
func (k *key) fit(room vg.Length) {
	text := &k.legend.TextStyle
	for _, label := range k.labels {
		if width := text.Width(" " + label); width > room {
			text.Font.Size *= room / width
		}
	}
}
