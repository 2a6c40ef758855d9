package mujoco

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"
)

const scene = `<mujoco>
  <worldbody>
    <light pos="0 0 3"/>
    <camera name="low" pos="0 -2 0.5" xyaxes="1 0 0 0 0.2 1"/>
    <geom name="floor" type="plane" size="5 5 1" rgba="0.8 0.8 0.8 1"/>
    <body name="ball" pos="0 0 0.3"><freejoint/><geom size="0.3" rgba="1 0 0 1"/></body>
  </worldbody>
</mujoco>`

// renderer makes one, or skips the test on a computer that has no OpenGL at all.
func renderer(t *testing.T, m *Model, v View) *Renderer {
	t.Helper()
	r, err := NewRenderer(m, v)
	if errors.Is(err, ErrNoGL) && strings.Contains(err.Error(), "there is no libEGL") && strings.Contains(err.Error(), "there is no libOSMesa") {
		t.Skipf("NOTHING WAS DRAWN, this computer has no OpenGL library: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func TestPictureShowsTheState(t *testing.T) {
	needsLibrary(t)
	m, d := load(t, scene)
	r := renderer(t, m, View{Width: 80, Height: 60})
	first, err := r.Draw(d)
	if err != nil {
		t.Fatal(err)
	}
	// No forward pass: the renderer makes its own.
	d.Qpos[2] = 0.6
	higher, err := r.Draw(d)
	if err != nil {
		t.Fatal(err)
	}
	redRows := func(pix []uint8) (top int) {
		for i := 0; i < len(pix); i += 4 {
			if pix[i] > 90 && pix[i+1] < 40 {
				return i / 4 / 80
			}
		}
		return 60
	}
	if a, b := redRows(first.Pix), redRows(higher.Pix); a > 40 || b >= a {
		t.Errorf("the ball begins at row %d, and after it rose at row %d", a, b)
	}
	if r.GL() == "" {
		t.Error("the renderer does not say what draws")
	}
}

// Renderers of several threads are independent of each other and of the model that they were made of.
func TestRenderersInParallel(t *testing.T) {
	needsLibrary(t)
	m, d := load(t, scene)
	want, err := renderer(t, m, View{Width: 64, Height: 48}).Draw(d)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			m, err := Load([]byte(scene), nil)
			if err != nil {
				t.Error(err)
				return
			}
			r, err := NewRenderer(m, View{Width: 64, Height: 48, Camera: "low"})
			if err := errors.Join(err, m.Close()); err != nil {
				t.Error(err)
				return
			}
			defer r.Close()
			for range 3 {
				if p, err := r.Draw(d); err != nil || !bytes.Equal(p.Pix, want.Pix) {
					t.Errorf("another picture, or error %v", err)
				}
			}
		})
	}
	all.Wait()
}

func TestRenderersThatCannotBeMade(t *testing.T) {
	needsLibrary(t)
	m, d := load(t, scene)
	for _, c := range []struct {
		view View
		want string
	}{
		{View{Width: 0, Height: 10}, "0 × 10 pixels"},
		{View{Width: 10, Height: 70000}, "10 × 70000 pixels"},
		{View{Width: 10, Height: 10, Camera: "high"}, `no camera "high"`},
		{View{Width: 10, Height: 10, GL: "vulkan"}, `"vulkan"`},
		{View{Width: 10, Height: 10, GL: NoGL}, "apt-get install libosmesa6, or libegl1 libegl-mesa0 libgl1-mesa-dri"},
	} {
		_, err := NewRenderer(m, c.view)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want %q", c.view, err, c.want)
		}
		if missing := c.view.GL == NoGL; errors.Is(err, ErrNoGL) != missing {
			t.Errorf("%+v: error %v", c.view, err)
		}
	}
	r := renderer(t, m, View{Width: 10, Height: 10})
	if err := errors.Join(r.Close(), r.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Draw(d); err == nil {
		t.Error("a closed renderer draws")
	}
}

// MuJoCo holds OpenGL's functions once per process, so a second way is refused and the first still works.
func TestOneWayPerProcess(t *testing.T) {
	needsLibrary(t)
	m, d := load(t, scene)
	first := renderer(t, m, View{Width: 32, Height: 32})
	refused := 0
	for _, way := range []string{EGL, OSMesa} {
		r, err := NewRenderer(m, View{Width: 32, Height: 32, GL: way})
		if err == nil {
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		} else if refused++; !errors.Is(err, ErrNoGL) || !strings.Contains(err.Error(), "MuJoCo draws by") {
			t.Errorf("%s after %s: error %v", way, first.GL(), err)
		}
		if _, err := first.Draw(d); err != nil {
			t.Errorf("the first renderer, after one by %s: %v", way, err)
		}
	}
	if refused != 1 {
		t.Errorf("%d ways refused after %s, want 1", refused, first.GL())
	}
}

// Uncaught, this would end the process: the picture is larger than any texture may be.
func TestErrorsOfTheRendererAreCaught(t *testing.T) {
	needsLibrary(t)
	m, _ := load(t, scene)
	renderer(t, m, View{Width: 32, Height: 32})
	_, err := NewRenderer(m, View{Width: 60000, Height: 4})
	if err == nil || !strings.Contains(err.Error(), "ramebuffer") {
		t.Errorf("error %v, want MuJoCo's own about its framebuffer", err)
	}
}
