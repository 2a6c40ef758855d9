package plot

import (
	"bytes"
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgpdf"
	"gonum.org/v1/plot/vg/vgsvg"
)

// newCanvas returns a canvas and its writer in a format.
func newCanvas(format string, width, height vg.Length) (vg.CanvasSizer, func() ([]byte, error)) {
	var out bytes.Buffer
	switch format {
	case ".pdf":
		c := pdfCanvas{vgpdf.New(width, height)}
		return c, func() ([]byte, error) {
			_, err := c.WriteTo(&out)
			return out.Bytes(), err
		}
	case ".png":
		c := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(resolution), vgimg.UseBackgroundColor(color.White))
		return c, func() ([]byte, error) {
			_, err := vgimg.PngCanvas{Canvas: c}.WriteTo(&out)
			return out.Bytes(), err
		}
	}
	c := vgsvg.New(width, height)
	return c, func() ([]byte, error) {
		_, err := c.WriteTo(&out)
		// Readers without that font substitute a similar one.
		return bytes.ReplaceAll(out.Bytes(), []byte("font-family:Liberation Sans;"), []byte("font-family:Liberation Sans,Arial,sans-serif;")), err
	}
}

// pdfCanvas undoes premultiplication: PDF wants a translucent colour itself, while color.Color gives it
// multiplied by its opacity.
type pdfCanvas struct{ *vgpdf.Canvas }

// SetColor sets the colour of what is drawn next.
func (c pdfCanvas) SetColor(ink color.Color) {
	if ink == nil { // every canvas must accept nil
		ink = color.Black
	}
	c.Canvas.SetColor(straight{ink})
}

// straight is a colour without premultiplied opacity.
type straight struct{ color.Color }

// RGBA returns the colour and the opacity.
func (s straight) RGBA() (r, g, b, a uint32) {
	n := color.NRGBA64Model.Convert(s.Color).(color.NRGBA64)
	return uint32(n.R), uint32(n.G), uint32(n.B), uint32(n.A)
}
