package mujoco

import (
	"image"
	"math"
)

// vector is a point or a direction of the world.
type vector [3]float64

func (a vector) plus(b vector) vector   { return vector{a[0] + b[0], a[1] + b[1], a[2] + b[2]} }
func (a vector) minus(b vector) vector  { return vector{a[0] - b[0], a[1] - b[1], a[2] - b[2]} }
func (a vector) times(s float64) vector { return vector{a[0] * s, a[1] * s, a[2] * s} }
func (a vector) dot(b vector) float64   { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }
func (a vector) norm() float64          { return math.Sqrt(a.dot(a)) }
func (a vector) unit() vector           { return a.times(1 / max(a.norm(), 1e-300)) }
func (a vector) cross(b vector) vector {
	return vector{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
}

// corner is a corner of a triangle: where it is, and the outward direction there.
type corner struct{ at, normal vector }

// paint is how a surface looks.
type paint struct {
	rgb     vector
	alpha   float64
	squares bool // whether it has a pattern of squares of a metre, as floors do, so that motion shows
}

// eye is a camera: its place, its directions, and the tangent of half its vertical field of view.
type eye struct {
	at, right, up, forward vector
	tangent, near          float64
}

// raster draws triangles into memory with a depth for every pixel. It draws four pixels for each of the
// picture, so that edges are smooth.
type raster struct {
	width, height int       // number of its own pixels
	inverse       []float64 // 1/depth; 0 is the sky
	colour        []vector
	eye           eye
	sun           sun
}

const perPixel = 2 // its own pixels in a row or a column of one of the picture's

func newRaster(width, height int) *raster {
	n := width * height * perPixel * perPixel
	return &raster{width: width * perPixel, height: height * perPixel, inverse: make([]float64, n), colour: make([]vector, n)}
}

// clear begins a picture: a sky that is brighter at the horizon.
func (r *raster) clear(e eye) {
	r.eye = e
	clear(r.inverse)
	for y := range r.height {
		t := float64(y) / float64(r.height)
		sky := vector{0.45, 0.6, 0.8}.times(1 - t).plus(vector{0.9, 0.93, 0.96}.times(t))
		row := r.colour[y*r.width : (y+1)*r.width]
		for x := range row {
			row[x] = sky
		}
	}
}

// triangle draws a triangle. What is before the eye's near plane is cut off.
func (r *raster) triangle(a, b, c corner, p paint) {
	polygon := [4]corner{}
	n := 0
	corners := [3]corner{a, b, c}
	for i, from := range corners {
		to := corners[(i+1)%3]
		d0, d1 := r.eye.depth(from.at)-r.eye.near, r.eye.depth(to.at)-r.eye.near
		if d0 >= 0 {
			polygon[n] = from
			n++
		}
		if d0 >= 0 != (d1 >= 0) {
			t := d0 / (d0 - d1)
			polygon[n] = corner{from.at.plus(to.at.minus(from.at).times(t)), from.normal.plus(to.normal.minus(from.normal).times(t))}
			n++
		}
	}
	for i := 1; i+1 < n; i++ {
		r.fill(polygon[0], polygon[i], polygon[i+1], p)
	}
}

func (e *eye) depth(at vector) float64 { return at.minus(e.at).dot(e.forward) }

// project returns the pixel of a point, with a fraction, and 1/depth.
func (r *raster) project(at vector) (x, y, inverse float64) {
	d := at.minus(r.eye.at)
	inverse = 1 / d.dot(r.eye.forward)
	scale := float64(r.height) / 2 / r.eye.tangent * inverse
	return float64(r.width)/2 + d.dot(r.eye.right)*scale, float64(r.height)/2 - d.dot(r.eye.up)*scale, inverse
}

// fill draws a triangle that lies before the eye.
func (r *raster) fill(a, b, c corner, p paint) {
	ax, ay, az := r.project(a.at)
	bx, by, bz := r.project(b.at)
	cx, cy, cz := r.project(c.at)
	area := (bx-ax)*(cy-ay) - (by-ay)*(cx-ax)
	if math.Abs(area) < 1e-12 {
		return
	}
	x0, x1 := within(min(ax, bx, cx), r.width), within(max(ax, bx, cx)+1, r.width)
	y0, y1 := within(min(ay, by, cy), r.height), within(max(ay, by, cy)+1, r.height)
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			px, py := float64(x)+0.5, float64(y)+0.5
			u := ((bx-px)*(cy-py) - (by-py)*(cx-px)) / area
			v := ((cx-px)*(ay-py) - (cy-py)*(ax-px)) / area
			w := 1 - u - v
			if u < 0 || v < 0 || w < 0 {
				continue
			}
			inverse := u*az + v*bz + w*cz
			i := y*r.width + x
			if inverse <= r.inverse[i] {
				continue
			}
			s := corner{mix(a.at, b.at, c.at, u*az/inverse, v*bz/inverse, w*cz/inverse), mix(a.normal, b.normal, c.normal, u*az/inverse, v*bz/inverse, w*cz/inverse)}
			lit := r.light(s, p)
			if p.alpha < 1 {
				r.colour[i] = r.colour[i].times(1 - p.alpha).plus(lit.times(p.alpha))
				continue
			}
			r.inverse[i], r.colour[i] = inverse, lit
		}
	}
}

// within is a pixel's number, kept inside the picture.
func within(x float64, size int) int { return int(min(max(x, 0), float64(size))) }

func mix(a, b, c vector, u, v, w float64) vector {
	return a.times(u).plus(b.times(v)).plus(c.times(w))
}

// light returns the colour of a surface in the light of the sky, of the eye's lamp and of the sun.
func (r *raster) light(s corner, p paint) vector {
	const sky, lamp, sunlight, darker, farthest = 0.4, 0.2, 0.5, 0.8, 60
	view := s.at.minus(r.eye.at)
	distance := view.norm()
	normal, view := s.normal.unit(), view.unit()
	if normal.dot(view) > 0 { // the inside of an open surface
		normal = normal.times(-1)
	}
	bright := sky - lamp*normal.dot(view)
	if facing := normal.dot(r.sun.direction); facing > 0 && !r.sun.shades(s.at, normal) {
		bright += sunlight * facing
	}
	rgb := p.rgb
	if p.squares && (int(math.Floor(s.at[0]))+int(math.Floor(s.at[1])))&1 == 0 {
		rgb = rgb.times(darker)
	}
	rgb = rgb.times(bright)
	if haze := distance / farthest; haze < 1 {
		return rgb.times(1 - haze).plus(vector{0.9, 0.93, 0.96}.times(haze))
	}
	return vector{0.9, 0.93, 0.96}
}

// picture averages the raster's pixels.
func (r *raster) picture(to *image.RGBA) {
	for y := range r.height / perPixel {
		for x := range r.width / perPixel {
			var sum vector
			for k := range perPixel * perPixel {
				sum = sum.plus(r.colour[(y*perPixel+k/perPixel)*r.width+x*perPixel+k%perPixel])
			}
			pixel := to.Pix[y*to.Stride+4*x:]
			for k := range 3 {
				pixel[k] = uint8(math.Round(255 * min(max(sum[k]/(perPixel*perPixel), 0), 1)))
			}
			pixel[3] = math.MaxUint8
		}
	}
}
