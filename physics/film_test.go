package physics

import (
	"context"
	"errors"
	"image"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/physics/task"
)

// ends are the moments of a film that shows how an episode begins and ends.
func ends(decisions int) []int { return []int{0, decisions} }

// film returns the frames of a film, or skips the test on a computer that has no
// OpenGL at all.
func film(t *testing.T, w *World, act actor, o FilmOptions) []Frame {
	t.Helper()
	var frames []Frame
	_, err := w.Film(context.Background(), 3, 0, act, o, func(f Frame) error {
		frames = append(frames, f)
		return nil
	})
	skipWithoutGL(t, err)
	if err != nil {
		t.Fatalf("%s: %v", w.task.Name, err)
	}
	return frames
}

func skipWithoutGL(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, ErrNoGL) && strings.Contains(err.Error(), "there is no libEGL") && strings.Contains(err.Error(), "there is no libOSMesa") {
		t.Skipf("NOTHING WAS DRAWN, this computer has no OpenGL library: %v", err)
	}
}

// colourCount returns the number of colours of a picture.
func colourCount(p *image.RGBA) int {
	seen := map[[3]uint8]bool{}
	for i := 0; i < len(p.Pix); i += 4 {
		seen[[3]uint8(p.Pix[i:])] = true
	}
	return len(seen)
}

// changed returns the share of pixels that differ clearly.
func changed(a, b *image.RGBA) float64 {
	n := 0
	for i := 0; i < len(a.Pix); i += 4 {
		d := 0.0
		for k := range 3 {
			d = max(d, math.Abs(float64(a.Pix[i+k])-float64(b.Pix[i+k])))
		}
		if d > 24 {
			n++
		}
	}
	return float64(n) / float64(len(a.Pix)/4)
}

// greens returns how many pixels are as green as only goals are.
func greens(p *image.RGBA) int {
	n := 0
	for i := 0; i < len(p.Pix); i += 4 {
		r, g, b := int(p.Pix[i]), int(p.Pix[i+1]), int(p.Pix[i+2])
		if g > r+30 && g > b+30 {
			n++
		}
	}
	return n
}

func TestEveryTaskIsDrawn(t *testing.T) {
	for _, name := range available() {
		w := open(t, name, Options{Workers: 1})
		o := FilmOptions{Episodes: 2, Width: 160, Height: 120, Moments: ends}
		frames := film(t, w, uniform(w.task)(), o)
		if len(frames) != 4 {
			t.Fatalf("%s: %d frames, want 4", name, len(frames))
		}
		for i, f := range frames {
			if f.Picture.Rect != image.Rect(0, 0, 160, 120) || colourCount(f.Picture) < 30 {
				t.Errorf("%s: frame %d: %v with %d colours", name, i, f.Picture.Rect, colourCount(f.Picture))
			}
			if slices.Contains([]string{"pointmass", "dclaw_turn", "dkitty_orient", "reacher7dof", "pen"}, name) && greens(f.Picture) < 8 {
				t.Errorf("%s: frame %d shows no goal: %d green pixels", name, i, greens(f.Picture))
			}
		}
		const least = 0.002
		if d := changed(frames[0].Picture, frames[1].Picture); d < least {
			t.Errorf("%s: an episode changed %v of the picture, want %v", name, d, least)
		}
		if d := changed(frames[1].Picture, frames[3].Picture); d < least {
			t.Errorf("%s: two states differ in %v of the picture, want %v", name, d, least)
		}
	}
}

// A film shows the episodes that Sample yields, and drawing changes nothing in them.
func TestFilmShowsTheEpisodesOfPlay(t *testing.T) {
	for _, name := range []string{"cartpole", "hopper", "dkitty_orient"} {
		if !slices.Contains(available(), name) {
			continue
		}
		w := open(t, name, Options{Workers: 1, ActionRepeat: 2})
		frames := film(t, w, uniform(w.task)(), FilmOptions{Episodes: 2, Width: 32, Height: 32, Moments: ends})
		number := 0
		err := w.Sample(context.Background(), 3, 0, func() func(uint64, int, []float32, []float32) { return uniform(w.task)() },
			func(e Episode) bool {
				sum := 0.0
				for _, r := range e.Rewards {
					sum += r
				}
				last := frames[2*number+1]
				want := Take{Episode: uint64(number), Decisions: len(e.Actions) / len(w.task.Action), Samples: e.Samples, Return: sum,
					Success: e.Success, Terminated: e.Terminated, Frames: 2}
				if math.IsNaN(e.Success) && math.IsNaN(last.Take.Success) {
					want.Success, last.Take.Success = 0, 0
				}
				if last.Take != want {
					t.Errorf("%s: filmed %+v, played %+v", name, last.Take, want)
				}
				if last.Decision != want.Decisions || last.Time != float64(e.Samples)*w.task.Dt() {
					t.Errorf("%s: the last frame is of decision %d, time %v", name, last.Decision, last.Time)
				}
				number++
				return number < 2
			})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestFilmsThatCannotBeMade(t *testing.T) {
	w := open(t, "pointmass", Options{Workers: 1})
	act := uniform(w.task)()
	show := func(Frame) error { return nil }
	stop := errors.New("enough")
	for _, c := range []struct {
		options FilmOptions
		show    func(Frame) error
		want    string
	}{
		{FilmOptions{Width: 0, Height: 10}, show, "0 × 10 pixels"},
		{FilmOptions{Width: 10, Height: 10, Camera: "side"}, show, `camera "side"`},
		{FilmOptions{Width: 10, Height: 10}, func(Frame) error { return stop }, "enough"},
	} {
		if _, err := w.Film(context.Background(), 1, 0, act, c.options, c.show); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := w.Film(cancelled, 1, 0, act, FilmOptions{Width: 10, Height: 10}, show); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v of a cancelled film", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Film(context.Background(), 1, 0, act, FilmOptions{Width: 10, Height: 10}, show); err == nil {
		t.Error("a closed world was filmed")
	}
}

func TestCamerasOfEveryTask(t *testing.T) {
	for _, name := range available() {
		w := open(t, name, Options{Workers: 1})
		cameras, err := w.Cameras()
		if err != nil || len(cameras) == 0 {
			t.Fatalf("%s: cameras %q, error %v", name, cameras, err)
		}
		want := []string{"front"}
		if w.task.Simulator == task.MuJoCo {
			want = []string{cameras[0], "free"}
		}
		if !slices.Equal(cameras, want) {
			t.Errorf("%s: cameras %q, want %q", name, cameras, want)
		}
	}
}
