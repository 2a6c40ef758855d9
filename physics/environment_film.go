package physics

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"strings"

	"github.com/palmal-rl/palmal/physics/task"
)

// ErrNoPicture marks the error for an environment that does not draw itself.
var ErrNoPicture = errors.New("the environment draws no pictures: its render_modes lack rgb_array")

// Versions returns the versions that decide what the world does, of an environment in Python; nil else.
func (w *World) Versions() map[string]string {
	if w.task.Simulator != task.Gymnasium || len(w.samplers) == 0 {
		return nil
	}
	return w.samplers[0].outside.python.Hello.Versions
}

// onlooker shows what an environment draws of itself.
type onlooker struct {
	of            *environment
	width, height int
}

func newOnlooker(w *environment, o FilmOptions) (*onlooker, error) {
	switch {
	case o.Width < 1 || o.Height < 1:
		return nil, fmt.Errorf("pictures of %d × %d pixels, want at least 1", o.Width, o.Height)
	case o.Camera != "" && o.Camera != "front":
		return nil, fmt.Errorf("no camera %q: an environment in Python chooses its own", o.Camera)
	case !w.python.Hello.Render:
		return nil, ErrNoPicture
	}
	return &onlooker{w, o.Width, o.Height}, nil
}

func (p *onlooker) draw() (*image.RGBA, error) {
	picture, err := p.of.python.Render()
	if err != nil && strings.Contains(err.Error(), "OpenGL") {
		err = fmt.Errorf("%w\nMUJOCO_GL=egl or MUJOCO_GL=osmesa in the environment chooses a way to draw without a screen", err)
	}
	if err != nil {
		return nil, err
	}
	return fitted(picture, p.width, p.height), nil
}

func (p *onlooker) name() string { return "the environment" }
func (p *onlooker) close() error { return nil }

// fitted scales a picture to the largest size within width × height that keeps its shape, on black.
func fitted(from *image.RGBA, width, height int) *image.RGBA {
	to := image.NewRGBA(image.Rect(0, 0, width, height))
	w, h := from.Rect.Dx(), from.Rect.Dy()
	scale := max(float64(w)/float64(width), float64(h)/float64(height))
	left, top := (float64(width)-float64(w)/scale)/2, (float64(height)-float64(h)/scale)/2
	for y := range height {
		for x := range width {
			to.SetRGBA(x, y, mean(from, scale*(float64(x)-left), scale*(float64(y)-top), scale))
		}
	}
	return to
}

// mean is the mean colour of a square of the picture, black beyond it.
func mean(from *image.RGBA, x, y, side float64) color.RGBA {
	x0, y0 := int(x), int(y)
	x1, y1 := max(int(x+side), x0+1), max(int(y+side), y0+1)
	var sum [3]int
	n := 0
	for v := y0; v < y1; v++ {
		for u := x0; u < x1; u++ {
			n++
			if x < 0 || y < 0 || !(image.Point{X: u, Y: v}.In(from.Rect)) {
				continue
			}
			c := from.RGBAAt(u, v)
			sum[0], sum[1], sum[2] = sum[0]+int(c.R), sum[1]+int(c.G), sum[2]+int(c.B)
		}
	}
	return color.RGBA{uint8(sum[0] / n), uint8(sum[1] / n), uint8(sum[2] / n), 255}
}
