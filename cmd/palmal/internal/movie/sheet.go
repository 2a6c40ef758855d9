package movie

import (
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"

	"github.com/palmal-rl/palmal/cmd/palmal/internal/disk"
)

// Layout of a contact sheet, in pixels.
const (
	gap         = 8
	captionArea = 20
)

// sheet writes a grid of pictures with the time under each.
type sheet struct {
	out      disk.Output
	columns  int
	pictures []Picture
	finished bool
}

func newSheet(out disk.Output, columns int) *sheet { return &sheet{out: out, columns: max(columns, 1)} }

// Add adds a picture; on a contact sheet it is seen for ever.
func (s *sheet) Add(p Picture) error {
	s.pictures = append(s.pictures, p)
	return nil
}

// places returns column and row of every picture, and how many of each there are.
func (s *sheet) places() (places []image.Point, columns, rows int) {
	at := image.Pt(0, 0)
	for i, p := range s.pictures {
		if at.X == s.columns || i > 0 && p.NewRow {
			at = image.Pt(0, at.Y+1)
		}
		places = append(places, at)
		at.X++
		columns = max(columns, at.X)
	}
	return places, columns, at.Y + 1
}

// compose puts the pictures in rows.
func (s *sheet) compose() *image.RGBA {
	cell := s.pictures[0].Image.Rect.Size()
	places, columns, rows := s.places()
	whole := image.NewRGBA(image.Rect(0, 0, gap+columns*(cell.X+gap), gap+rows*(cell.Y+captionArea)))
	draw.Draw(whole, whole.Rect, image.NewUniform(color.RGBA{250, 251, 252, 255}), image.Point{}, draw.Src)
	for i, p := range s.pictures {
		at := image.Pt(gap+places[i].X*(cell.X+gap), gap+places[i].Y*(cell.Y+captionArea))
		draw.Draw(whole, image.Rectangle{Min: at, Max: at.Add(cell)}, p.Image, p.Image.Rect.Min, draw.Src)
		writeText(whole, at.Add(image.Pt(0, cell.Y+5)), p.Caption, color.RGBA{70, 78, 88, 255})
	}
	return whole
}

// Close writes the file.
func (s *sheet) Close() error {
	if s.finished {
		return nil
	}
	s.finished = true
	if len(s.pictures) == 0 {
		return errors.New("a contact sheet needs a picture")
	}
	return s.out.Write(func(w io.Writer) error { return png.Encode(w, s.compose()) })
}

// Discard forgets the pictures.
func (s *sheet) Discard() error {
	s.finished = true
	return nil
}
