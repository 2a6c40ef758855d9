package movie

import (
	"errors"
	"image"
	"image/draw"
	"image/gif"
	"path/filepath"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/cmd/palmal/disk"
)

// dark counts the dark pixels of a rectangle.
func dark(p image.Image, r image.Rectangle) int {
	n := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if r, g, b, _ := p.At(x, y).RGBA(); max(r, g, b) < 0x7000 {
				n++
			}
		}
	}
	return n
}

// blankPicture is white.
func blankPicture(width, height int) *image.RGBA {
	p := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(p, p.Rect, image.White, image.Point{}, draw.Src)
	return p
}

// A caption stands in the strip at the lower edge, in letters of a real font: those of lower case, of
// which "x" has no ink above its own height; and what has no room is left out from the front.
func TestFilmsBearCaptions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "film.gif")
	parts := []string{"pendulum", "episode 3", "return 950.5", "1.23 s"}
	write(t, path, Options{}, []Picture{{Image: blankPicture(480, 360), Until: 1, Caption: parts}})
	movie, err := gif.DecodeAll(open(t, path))
	if err != nil {
		t.Fatal(err)
	}
	letters, err := newCaption(360)
	if err != nil {
		t.Fatal(err)
	}
	strip := image.Rect(0, 360-letters.height(), 480, 360)
	if n := dark(movie.Image[0], strip); n < 300 || n != dark(movie.Image[0], movie.Image[0].Rect) {
		t.Errorf("%d dark pixels in the strip, %d in the picture", n, dark(movie.Image[0], movie.Image[0].Rect))
	}
	if text := letters.fit(parts, 480); text != strings.Join(parts, separator) {
		t.Errorf("of a wide picture's caption there is %q", text)
	}
	if text := letters.fit(parts, 150); text != "return 950.5"+separator+"1.23 s" {
		t.Errorf("of a narrow picture's caption there is %q", text)
	}
	wide, narrow := blankPicture(200, 40), blankPicture(200, 40)
	letters.write(wide, wide.Rect, "mmmm", captionInk())
	letters.write(narrow, narrow.Rect, "iiii", captionInk())
	if m, i := dark(wide, wide.Rect), dark(narrow, narrow.Rect); m < 2*i || i == 0 {
		t.Errorf("four m have %d dark pixels, four i %d: letters of one width are no real font's", m, i)
	}
	tiny := blankPicture(30, 20)
	letters.overlay(tiny, parts)
	if n := dark(tiny, tiny.Rect); n > 0 {
		t.Errorf("%d dark pixels on a picture that has no room for a caption", n)
	}
}

// What is too large is refused, not held in memory.
func TestLimitsAreStated(t *testing.T) {
	s := newSheet(disk.Output{Path: filepath.Join(t.TempDir(), "sheet.png")}, 4)
	large := image.NewRGBA(image.Rect(0, 0, 4096, 4096))
	var err error
	added := 0
	for ; err == nil && added < 6; added++ {
		err = s.Add(Picture{Image: large})
	}
	if !errors.Is(err, ErrTooLarge) || added != 5 || !strings.Contains(err.Error(), "5 pictures of 4096 × 4096") {
		t.Errorf("picture %d: error %v", added, err)
	}
}

// Pictures of a large film are not kept: memory is some of them, whatever their number.
func TestLargeFilmsAreStreamed(t *testing.T) {
	a := newAnimation(disk.Output{Path: filepath.Join(t.TempDir(), "film.gif")})
	for i := range 12 {
		p := image.NewRGBA(image.Rect(0, 0, 2048, 2048))
		draw.Draw(p, image.Rect(100*i, 0, 100*i+50, 50), image.White, image.Point{}, draw.Src)
		if err := a.Add(Picture{Image: p, Until: float64(i+1) / 10}); err != nil {
			t.Fatal(err)
		}
		if len(a.waiting) > 2 {
			t.Fatalf("%d pictures of 16 MiB are kept", len(a.waiting))
		}
	}
	if n := a.stream.Len(); n > 1<<20 {
		t.Errorf("%d bytes of a film of squares", n)
	}
	if err := errors.Join(a.Close(), a.Discard()); err != nil {
		t.Error(err)
	}
}
