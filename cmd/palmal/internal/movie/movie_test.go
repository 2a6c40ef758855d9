package movie

import (
	"context"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/cmd/palmal/disk"
)

// dot is a picture of a square at x on a gradient.
func dot(x int, ink color.RGBA) *image.RGBA {
	p := image.NewRGBA(image.Rect(0, 0, 64, 48))
	for i := range 64 * 48 {
		p.SetRGBA(i%64, i/64, color.RGBA{uint8(2 * (i / 64)), 120, uint8(3 * (i % 64)), 255})
	}
	draw.Draw(p, image.Rect(x, 20, x+8, 28), image.NewUniform(ink), image.Point{}, draw.Src)
	return p
}

// write writes a movie of the pictures.
func write(t *testing.T, path string, o Options, pictures []Picture) {
	t.Helper()
	w, err := Create(context.Background(), disk.Output{Path: path}, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pictures {
		if err := w.Add(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), w.Close(), w.Discard()); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("there are other files than the movie: %v, error %v", entries, err)
	}
}

func open(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// A viewer draws picture over picture; the result must be the drawn pictures, also after those that the colours
// were chosen from.
func TestGIFShowsEveryPictureInTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sub", "film.gif")
	var pictures []Picture
	for i := range 40 {
		pictures = append(pictures, Picture{Image: dot(i, color.RGBA{230, 40, 40, 255}), Until: float64(i+1) / 30})
	}
	write(t, path, Options{}, pictures)
	movie, err := gif.DecodeAll(open(t, path))
	if err != nil {
		t.Fatal(err)
	}
	if len(movie.Image) != 40 || movie.Config.Width != 64 || movie.Config.Height != 48 || movie.LoopCount != 0 {
		t.Fatalf("%d pictures of %d × %d, loop %d", len(movie.Image), movie.Config.Width, movie.Config.Height, movie.LoopCount)
	}
	shown, end := image.NewRGBA(image.Rect(0, 0, 64, 48)), 0
	for i, part := range movie.Image {
		draw.Draw(shown, part.Rect, part, part.Rect.Min, draw.Over)
		if worst := difference8(shown, pictures[i].Image); worst > 24 {
			t.Errorf("picture %d: a pixel differs by %d", i, worst)
		}
		if end += movie.Delay[i]; end != int(math.Round(pictures[i].Until*100)) {
			t.Errorf("picture %d ends after %d/100 s, want %v s", i, end, pictures[i].Until)
		}
	}
	if part := movie.Image[1].Rect; part.Dx() > 10 || part.Dy() > 8 {
		t.Errorf("the second picture holds %v, only 9 × 8 pixels changed", part)
	}
}

func difference8(a, b *image.RGBA) int {
	worst := 0
	for i := range a.Pix {
		worst = max(worst, int(a.Pix[i])-int(b.Pix[i]), int(b.Pix[i])-int(a.Pix[i]))
	}
	return worst
}

func TestGIFHasNoPictureThatBrowsersSlowDown(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fast.gif")
	same := dot(3, color.RGBA{A: 255})
	write(t, path, Options{}, []Picture{{Image: same, Until: 0.001}, {Image: same, Until: 0.002}, {Image: same, Until: 1}})
	movie, err := gif.DecodeAll(open(t, path))
	if err != nil || !slices.Equal(movie.Delay, []int{2, 98}) {
		t.Errorf("delays %v, error %v", movie.Delay, err)
	}
}

func TestContactSheetIsAGrid(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sheet.png")
	red, blue := color.RGBA{230, 40, 40, 255}, color.RGBA{30, 40, 240, 255}
	write(t, path, Options{Columns: 3}, []Picture{
		{Image: dot(0, red), Caption: []string{"0.12 s"}}, {Image: dot(0, red)}, {Image: dot(0, red)}, {Image: dot(0, red)},
		{Image: dot(0, blue), NewRow: true}})
	sheet, err := png.Decode(open(t, path))
	if err != nil {
		t.Fatal(err)
	}
	letters, err := newCaption(48)
	if err != nil {
		t.Fatal(err)
	}
	line := letters.height()
	if size := sheet.Bounds().Size(); size != image.Pt(gap+3*(64+gap), gap+3*(48+line+gap)) {
		t.Errorf("the sheet is of %v", size)
	}
	at := func(column, row int) color.RGBA {
		return color.RGBAModel.Convert(sheet.At(gap+column*(64+gap)+4, gap+row*(48+line+gap)+24)).(color.RGBA)
	}
	for place, want := range map[image.Point]color.RGBA{{X: 0, Y: 0}: red, {X: 2, Y: 0}: red, {X: 0, Y: 1}: red, {X: 0, Y: 2}: blue, {X: 1, Y: 1}: at(1, 2)} {
		if got := at(place.X, place.Y); got != want {
			t.Errorf("at %v is %v, want %v", place, got, want)
		}
	}
	ink := 0
	for x := range 64 {
		for y := range line {
			if r, _, _, _ := sheet.At(gap+x, gap+48+y).RGBA(); r < 0x8000 {
				ink++
			}
		}
	}
	if ink < 30 {
		t.Errorf("the caption has %d dark pixels", ink)
	}
}

func TestMP4(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("NO VIDEO WAS WRITTEN: ffmpeg is not installed")
	}
	path := filepath.Join(t.TempDir(), "film.mp4")
	write(t, path, Options{FPS: 10}, []Picture{{Image: dot(0, color.RGBA{A: 255}), Until: 0.1}, {Image: dot(9, color.RGBA{A: 255}), Until: 1}})
	out, err := exec.Command("ffmpeg", "-i", path, "-f", "rawvideo", "-pix_fmt", "rgb24", "-").Output()
	if err != nil || len(out) != 10*64*48*3 {
		t.Errorf("%d bytes of pixels, want 10 pictures, error %v", len(out), err)
	}
	w, err := Create(context.Background(), disk.Output{Path: filepath.Join(t.TempDir(), "given-up.mp4")}, Options{FPS: 10})
	if err == nil {
		err = w.Add(Picture{Image: dot(0, color.RGBA{A: 255}), Until: 0.1})
	}
	if err := errors.Join(err, w.Discard(), w.Discard()); err != nil {
		t.Error(err)
	}
}

func TestMoviesThatCannotBeWritten(t *testing.T) {
	directory := t.TempDir()
	file := filepath.Join(directory, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(directory, "folder.gif"), 0o755); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"a.webp": "unknown format", "folder.gif": "is a directory", "file/a.gif": "not a directory"} {
		if _, err := Create(context.Background(), disk.Output{Path: filepath.Join(directory, path)}, Options{FPS: 1}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", path, err, want)
		}
	}
	t.Setenv("PATH", "")
	if _, err := Create(context.Background(), disk.Output{Path: filepath.Join(directory, "a.mp4")}, Options{FPS: 1}); !errors.Is(err, ErrNoFFmpeg) {
		t.Errorf("error %v without ffmpeg", err)
	}
	for _, name := range []string{"empty.gif", "empty.png"} {
		w, err := Create(context.Background(), disk.Output{Path: filepath.Join(directory, name)}, Options{})
		if err != nil || w.Close() == nil {
			t.Errorf("%s: no error for a movie without pictures, or error %v", name, err)
		}
	}
}

// A film of pictures that come faster than GIF can show them lasts as long as one that does not.
func TestGIFLastsAsLongAsItsPictures(t *testing.T) {
	for _, fps := range []float64{7, 30, 50, 100, 333, 1000} {
		path := filepath.Join(t.TempDir(), "film.gif")
		var pictures []Picture
		for i := range 200 {
			pictures = append(pictures, Picture{Image: dot(i%50, color.RGBA{230, 40, 40, 255}), Until: float64(i+1) / fps})
		}
		write(t, path, Options{}, pictures)
		movie, err := gif.DecodeAll(open(t, path))
		if err != nil {
			t.Fatal(err)
		}
		total := 0
		for _, delay := range movie.Delay {
			if total += delay; delay < shortestDelay {
				t.Errorf("%g pictures a second: a delay of %d/100 s", fps, delay)
			}
		}
		if want := 100 * 200 / fps; math.Abs(float64(total)-want) > shortestDelay { // the last picture's delay is rounded up
			t.Errorf("%g pictures a second: %d/100 s, want %.1f", fps, total, want)
		}
	}
}
