package physics

import (
	"image"
	"image/color"
	"math"
)

// canvas draws shapes with smooth edges. Lengths are in the world's metres, x to the
// right and y up.
type canvas struct {
	picture *image.RGBA
	scale   float64 // pixels per metre
	x, y    float64 // centre of the picture
}

// newCanvas returns a canvas that shows width × height metres around (x, y), and more
// where the picture has another aspect ratio.
func newCanvas(pixels image.Rectangle, x, y, width, height float64) *canvas {
	scale := min(float64(pixels.Dx())/width, float64(pixels.Dy())/height)
	return &canvas{image.NewRGBA(pixels), scale, x, y}
}

// pixel returns where a point of the world is in the picture.
func (c *canvas) pixel(x, y float64) (float64, float64) {
	size := c.picture.Rect.Size()
	return float64(size.X)/2 + (x-c.x)*c.scale, float64(size.Y)/2 - (y-c.y)*c.scale
}

// corner returns the left edge and the top of the picture in the world.
func (c *canvas) corner() (left, top float64) {
	size := c.picture.Rect.Size()
	return c.x - float64(size.X)/2/c.scale, c.y + float64(size.Y)/2/c.scale
}

// backdrop fills the picture with a gradient from top to bottom.
func (c *canvas) backdrop(top, bottom color.RGBA) {
	size := c.picture.Rect.Size()
	for y := range size.Y {
		share := float64(y) / float64(max(size.Y-1, 1))
		mixed := color.RGBA{mix(top.R, bottom.R, share), mix(top.G, bottom.G, share), mix(top.B, bottom.B, share), 255}
		for x := range size.X {
			c.picture.SetRGBA(x, y, mixed)
		}
	}
}

// disc draws a filled circle.
func (c *canvas) disc(x, y, radius float64, ink color.RGBA) { c.stroke(x, y, x, y, radius, ink) }

// stroke draws a line with round ends, radius on either side.
func (c *canvas) stroke(x0, y0, x1, y1, radius float64, ink color.RGBA) {
	c.fill(min(x0, x1)-radius, min(y0, y1)-radius, max(x0, x1)+radius, max(y0, y1)+radius, ink, func(x, y float64) float64 {
		return toSegment(x, y, x0, y0, x1, y1) - radius
	})
}

// ring draws a circle of the given thickness.
func (c *canvas) ring(x, y, radius, thickness float64, ink color.RGBA) {
	outer := radius + thickness/2
	c.fill(x-outer, y-outer, x+outer, y+outer, ink, func(px, py float64) float64 {
		return math.Abs(math.Hypot(px-x, py-y)-radius) - thickness/2
	})
}

// box draws an upright rectangle with round corners around (x, y).
func (c *canvas) box(x, y, width, height, round float64, ink color.RGBA) {
	c.fill(x-width/2, y-height/2, x+width/2, y+height/2, ink, func(px, py float64) float64 {
		dx, dy := math.Abs(px-x)-width/2+round, math.Abs(py-y)-height/2+round
		return math.Hypot(max(dx, 0), max(dy, 0)) + min(max(dx, dy), 0) - round
	})
}

// fill draws the points whose signed distance to a shape's edge is negative. A pixel
// that the edge crosses is mixed. The shape lies within the bounds given.
func (c *canvas) fill(left, bottom, right, top float64, ink color.RGBA, distance func(x, y float64) float64) {
	x0, y0 := c.pixel(left, top)
	x1, y1 := c.pixel(right, bottom)
	bounds := image.Rect(int(math.Floor(x0))-1, int(math.Floor(y0))-1, int(math.Ceil(x1))+2, int(math.Ceil(y1))+2)
	bounds = bounds.Intersect(c.picture.Rect)
	edge, ceiling := c.corner()
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			d := distance(edge+(float64(x)+0.5)/c.scale, ceiling-(float64(y)+0.5)/c.scale) * c.scale
			if cover := min(max(0.5-d, 0), 1) * float64(ink.A) / 255; cover > 0 {
				c.blend(x, y, ink, cover)
			}
		}
	}
}

// blend puts ink, whose own opacity is in cover, over a pixel.
func (c *canvas) blend(x, y int, ink color.RGBA, cover float64) {
	below := c.picture.RGBAAt(x, y)
	c.picture.SetRGBA(x, y, color.RGBA{mix(below.R, ink.R, cover), mix(below.G, ink.G, cover), mix(below.B, ink.B, cover), 255})
}

func mix(a, b uint8, share float64) uint8 {
	return uint8(math.Round(float64(a) + (float64(b)-float64(a))*share))
}

// toSegment returns the distance of a point to a line segment.
func toSegment(x, y, x0, y0, x1, y1 float64) float64 {
	dx, dy := x1-x0, y1-y0
	along := 0.0
	if length := dx*dx + dy*dy; length > 0 {
		along = min(max(((x-x0)*dx+(y-y0)*dy)/length, 0), 1)
	}
	return math.Hypot(x-x0-along*dx, y-y0-along*dy)
}
