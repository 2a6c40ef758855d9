package physics

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"github.com/palmal-rl/palmal/physics/task"
)

// sketcher draws an analytic world in pure Go, in the colours of the MuJoCo models.
type sketcher struct {
	pixels image.Rectangle
	paint  func(pixels image.Rectangle) *image.RGBA
}

func newSketcher(t *task.Task, s simulator, o FilmOptions) (*sketcher, error) {
	if o.Width < 1 || o.Height < 1 {
		return nil, fmt.Errorf("pictures of %d × %d pixels, want at least 1", o.Width, o.Height)
	}
	if o.Camera != "" && o.Camera != "front" {
		return nil, fmt.Errorf("no camera %q", o.Camera)
	}
	pixels := image.Rect(0, 0, o.Width, o.Height)
	parameter := func(name string) float64 {
		for _, p := range t.Parameters {
			if p.Name == name {
				return p.Value
			}
		}
		return 0
	}
	drawn, ok := s.(*analytic)
	if !ok {
		return nil, fmt.Errorf("no picture of this world")
	}
	switch world := drawn.dynamics.(type) {
	case *pointmass:
		near := parameter("success_distance")
		return &sketcher{pixels, func(r image.Rectangle) *image.RGBA { return world.sketch(r, near) }}, nil
	case *cartpole:
		end := parameter("max_position")
		return &sketcher{pixels, func(r image.Rectangle) *image.RGBA { return world.sketch(r, end) }}, nil
	}
	return nil, fmt.Errorf("no picture of this world")
}

func (s *sketcher) draw() (*image.RGBA, error) { return s.paint(s.pixels), nil }
func (s *sketcher) name() string               { return "palmal" }
func (s *sketcher) close() error               { return nil }

// palette of the sketches.
type inks struct{ sky, haze, floor, line, blue, orange, green, dark, shade color.RGBA }

func newInks() inks {
	return inks{
		sky: color.RGBA{188, 208, 228, 255}, haze: color.RGBA{238, 243, 248, 255},
		floor: color.RGBA{216, 221, 226, 255}, line: color.RGBA{150, 162, 176, 255},
		blue: color.RGBA{51, 89, 140, 255}, orange: color.RGBA{240, 138, 38, 255},
		green: color.RGBA{51, 180, 80, 255}, dark: color.RGBA{56, 62, 70, 255}, shade: color.RGBA{20, 30, 45, 45},
	}
}

// sketch shows the plane from above: the goal with the circle of success, the mass, and
// its velocity, as the distance of a quarter of a second.
func (w *pointmass) sketch(pixels image.Rectangle, near float64) *image.RGBA {
	const reach, radius, ahead = 3.0, 0.09, 0.25
	ink := newInks()
	c := newCanvas(pixels, 0, 0, reach, reach)
	c.backdrop(ink.haze, ink.floor)
	left, top := c.corner()
	for i := math.Ceil(4 * min(left, -top)); i <= 4*max(-left, top); i++ {
		at, width := i/4, 0.003
		if i == 0 {
			width = 0.007
		}
		thin := color.RGBA{ink.line.R, ink.line.G, ink.line.B, 110}
		c.stroke(at, -top, at, top, width, thin)
		c.stroke(left, at, -left, at, width, thin)
	}
	c.disc(w.goal[0], w.goal[1], near, color.RGBA{ink.green.R, ink.green.G, ink.green.B, 60})
	c.ring(w.goal[0], w.goal[1], near, 0.012, ink.green)
	c.disc(w.goal[0], w.goal[1], 0.02, ink.green)
	x, y := w.qpos[0], w.qpos[1]
	c.disc(x+0.02, y-0.025, radius, ink.shade)
	c.stroke(x, y, x+ahead*w.qvel[0], y+ahead*w.qvel[1], 0.014, ink.orange)
	c.disc(x, y, radius, ink.blue)
	c.disc(x-0.02, y+0.022, radius/4, color.RGBA{255, 255, 255, 110})
	return c.picture
}

// sketch shows the cart from the side on its track, whose ends are marked.
func (w *cartpole) sketch(pixels image.Rectangle, end float64) *image.RGBA {
	const above, below, cartWidth, cartHeight = 1.75, 0.65, 0.5, 0.25
	ink := newInks()
	c := newCanvas(pixels, 0, (above-below)/2, 2*end+1, above+below)
	c.backdrop(ink.sky, ink.haze)
	left, top := c.corner()
	bottom := 2*c.y - top
	c.box(0, (bottom-0.3)/2, -2*left, -0.3-bottom, 0, ink.floor)
	c.stroke(left, -0.3, -left, -0.3, 0.008, ink.line)
	c.stroke(-end, -0.2, end, -0.2, 0.02, ink.line)
	for _, x := range [2]float64{-end, end} {
		c.box(x, -0.13, 0.06, 0.34, 0.02, ink.dark)
	}
	x := w.qpos[0]
	sin, cos := math.Sincos(w.qpos[1])
	c.box(x+0.03, -0.3, cartWidth, 0.05, 0.025, ink.shade)
	for _, wheel := range [2]float64{-0.15, 0.15} {
		c.disc(x+wheel, -0.12, 0.065, ink.dark)
		c.disc(x+wheel, -0.12, 0.025, ink.line)
	}
	c.box(x, 0, cartWidth, cartHeight, 0.04, ink.blue)
	c.stroke(x, 0, x+2*halfPole*sin, 2*halfPole*cos, 0.04, ink.orange)
	c.disc(x, 0, 0.03, ink.haze)
	return c.picture
}
