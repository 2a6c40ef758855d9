package mujoco

import (
	"bytes"
	"errors"
	"math"
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

func renderer(t *testing.T, m *Model, v View) *Renderer {
	t.Helper()
	r, err := NewRenderer(m, v)
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

// openGLRenderer makes one that draws by OpenGL, or skips the test on a computer that has none at all.
func openGLRenderer(t *testing.T, m *Model, v View) *Renderer {
	t.Helper()
	r := renderer(t, m, v)
	if strings.HasPrefix(r.GL(), "own") {
		t.Skip("NOTHING WAS DRAWN BY OPENGL, this computer has no library of it")
	}
	return r
}

func TestPictureShowsTheState(t *testing.T) {
	needsLibrary(t)
	for _, way := range []string{AnyGL, Software} {
		m, d := load(t, scene)
		r := renderer(t, m, View{Width: 80, Height: 60, GL: way})
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
			t.Errorf("%s: the ball begins at row %d, and after it rose at row %d", r.GL(), a, b)
		}
		if r.GL() == "" {
			t.Error("the renderer does not say what draws")
		}
	}
}

// Both ways draw the same things in the same places: the red of the ball covers the same pixels but for its
// edge and its shaded side.
func TestTheRasteriserDrawsWhatOpenGLDraws(t *testing.T) {
	needsLibrary(t)
	m, d := load(t, scene)
	for _, camera := range []string{"low", FreeCamera} {
		red := func(r *Renderer) map[int]bool {
			p, err := r.Draw(d)
			if err != nil {
				t.Fatal(err)
			}
			all := map[int]bool{}
			for i := 0; i < len(p.Pix); i += 4 {
				if int(p.Pix[i]) > 2*int(p.Pix[i+1])+20 {
					all[i/4] = true
				}
			}
			return all
		}
		a := red(openGLRenderer(t, m, View{Width: 160, Height: 120, Camera: camera}))
		b := red(renderer(t, m, View{Width: 160, Height: 120, Camera: camera, GL: Software}))
		common := 0
		for i := range a {
			if b[i] {
				common++
			}
		}
		if all := len(a) + len(b) - common; len(a) < 300 || common*100 < all*90 {
			t.Errorf("camera %s: %d and %d pixels are red, %d of them the same", camera, len(a), len(b), common)
		}
	}
}

// A robot that walks away stays in the middle of the free camera's pictures, in the same size.
func TestTheFreeCameraFollowsTheRobot(t *testing.T) {
	needsLibrary(t)
	m, d := load(t, scene)
	r := renderer(t, m, View{Width: 80, Height: 60, Camera: FreeCamera, GL: Software})
	pictures := [2]int{}
	for i, x := range []float64{0, 40} {
		d.Qpos[0] = x
		p, err := r.Draw(d)
		if err != nil {
			t.Fatal(err)
		}
		for y := range 60 {
			for x := range 80 {
				if c := p.RGBAAt(x, y); int(c.R) > 2*int(c.G)+20 {
					pictures[i]++
				}
			}
		}
		if c := p.RGBAAt(40, 30); !(int(c.R) > 2*int(c.G)+20) {
			t.Errorf("at %v m the middle is %v, want the red ball", x, c)
		}
	}
	if a, b := pictures[0], pictures[1]; a < 80*60/3 || max(a-b, b-a) > 40 {
		t.Errorf("%d red pixels, then %d", a, b)
	}
}

// Every kind of geom has triangles that look outward: from outside each covers as many pixels as its outline,
// and is brighter towards the sun.
func TestShapesAreClosedAndLookOutward(t *testing.T) {
	for name, m := range map[string]*mesh{"sphere": rounded(vector{1, 1, 1}, 0), "ellipsoid": rounded(vector{1, 0.5, 0.3}, 0), "capsule": rounded(vector{0.5, 0.5, 0.5}, 1),
		"cylinder": cylinder(vector{0.5, 0.5, 1}), "box": box(vector{0.3, 0.5, 1})} {
		volume := 0.0
		for _, k := range m.triangles {
			a, b, c := m.corners[k[0]], m.corners[k[1]], m.corners[k[2]]
			flat := b.at.minus(a.at).cross(c.at.minus(a.at))
			outward := a.normal.plus(b.normal).plus(c.normal)
			if flat.norm() > 1e-9 && flat.unit().dot(outward.unit()) < 0 {
				flat = flat.times(-1) // either winding is drawn
			}
			volume += flat.dot(a.at.plus(b.at).plus(c.at)) / 18
		}
		want := map[string]float64{"sphere": 4.0 / 3, "ellipsoid": 4.0 / 3 * 0.15, "capsule": 0.5 + 4.0/3*0.125, "cylinder": 0.5}[name] * math.Pi
		if name == "box" {
			want = 8 * 0.15
		}
		if !(math.Abs(volume-want) < 0.03*want) { // a few dozen flat faces fall short of the round shape
			t.Errorf("%s: volume %v by its outward faces, want %v", name, volume, want)
		}
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
	first := openGLRenderer(t, m, View{Width: 32, Height: 32})
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
	way := EGL
	if strings.HasPrefix(openGLRenderer(t, m, View{Width: 32, Height: 32}).GL(), "OSMesa") {
		way = OSMesa
	}
	_, err := NewRenderer(m, View{Width: 60000, Height: 4, GL: way})
	if err == nil || !strings.Contains(err.Error(), "ramebuffer") {
		t.Errorf("error %v, want MuJoCo's own about its framebuffer", err)
	}
}
