package mujoco

import (
	"errors"
	"fmt"
	"image"
	"runtime"
	"sync"
)

// Renderer draws simulations of one model into memory. It may be used from any
// goroutine; drawings take turns.
//
// OpenGL's contexts belong to the thread that made them, so one goroutine, which
// stays on one thread, does all the drawing of a renderer.
type Renderer struct {
	mu     sync.Mutex
	calls  chan func() // nil once closed
	done   chan struct{}
	artist artist
	view   View
	name   string
}

// artist is a way to draw.
type artist interface {
	draw(d *Data, picture *image.RGBA) error
	name() string
	close() error
}

// NewRenderer makes a renderer with its own copy of the model: the model may be closed
// first. Where no way to get OpenGL works it draws by itself, unless View.GL demands a way: then it fails with
// ErrNoGL.
func NewRenderer(m *Model, v View) (*Renderer, error) {
	ways, err := v.ways()
	if err != nil {
		return nil, err
	}
	camera, err := m.camera(v.Camera)
	if err != nil {
		return nil, err
	}
	r := &Renderer{calls: make(chan func()), done: make(chan struct{}), view: v}
	go r.serve(r.calls)
	r.do(func() { err = r.open(m, ways, camera) })
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// ways returns the ways to try, in order.
func (v View) ways() ([]string, error) {
	const most = 65535
	if v.Width < 1 || v.Height < 1 || v.Width > most || v.Height > most {
		return nil, fmt.Errorf("mujoco: renderer of %d × %d pixels, want 1 to %d", v.Width, v.Height, most)
	}
	switch v.GL {
	case AnyGL:
		return []string{EGL, OSMesa, Software}, nil
	case EGL, OSMesa, Software:
		return []string{v.GL}, nil
	case NoGL:
		return nil, nil
	}
	return nil, fmt.Errorf("mujoco: unknown way to OpenGL %q, want %q, %q, %q or %q", v.GL, EGL, OSMesa, Software, NoGL)
}

// camera returns the index of the named camera, or freeCamera.
func (m *Model) camera(name string) (int, error) {
	switch {
	case name == FreeCamera, name == "" && m.library.integer(m.handle, "mjModel ncam") == 0:
		return freeCamera, nil
	case name == "":
		return 0, nil
	}
	return m.ID(Camera, name)
}

// serve makes calls on one thread, which ends with it.
func (r *Renderer) serve(calls <-chan func()) {
	runtime.LockOSThread()
	defer close(r.done)
	for call := range calls {
		call()
	}
}

// do makes one call on the renderer's thread and waits for it.
func (r *Renderer) do(call func()) {
	finished := make(chan struct{})
	r.calls <- func() {
		defer close(finished)
		call()
	}
	<-finished
}

// open opens the first way that works.
func (r *Renderer) open(m *Model, ways []string, camera int) error {
	reasons := ""
	for _, way := range ways {
		a, err := openArtist(m, way, camera, r.view.Width, r.view.Height)
		if err == nil {
			r.artist, r.name = a, a.name()
			return nil
		}
		reasons += "; " + err.Error()
	}
	if len(ways) == 0 {
		reasons = "; it is switched off"
	}
	return fmt.Errorf("mujoco: %w%s", ErrNoGL, reasons)
}

func openArtist(m *Model, way string, camera, width, height int) (artist, error) {
	if way != Software {
		c, err := openCanvas(m, way, camera, width, height)
		if err != nil {
			return nil, err
		}
		return c, nil
	}
	s := &stage{width: width, height: height}
	if err := s.open(m, camera); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return newPainter(s), nil
}

// GL names the way and the renderer, such as "EGL device 0, NVIDIA H200/PCIe/SSE2".
func (r *Renderer) GL() string { return r.name }

// Draw returns a picture of a simulation of the renderer's model. The simulation must
// not run meanwhile and does not change. Positions are those of Qpos, even where the
// arrays of the last forward pass are older.
func (r *Renderer) Draw(d *Data) (*image.RGBA, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.calls == nil {
		return nil, errors.New("mujoco: draw: the renderer is closed")
	}
	if d.handle == nil {
		return nil, errors.New("mujoco: draw: the data is closed")
	}
	picture := image.NewRGBA(image.Rect(0, 0, r.view.Width, r.view.Height))
	var err error
	r.do(func() { err = r.artist.draw(d, picture) })
	if err != nil {
		return nil, err
	}
	return picture, nil
}

// Close frees the renderer and its thread; closing twice does nothing.
func (r *Renderer) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.calls == nil {
		return nil
	}
	var err error
	if r.artist != nil {
		r.do(func() { err = r.artist.close() })
		r.artist = nil
	}
	close(r.calls)
	<-r.done
	r.calls = nil
	return err
}
