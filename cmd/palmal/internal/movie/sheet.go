package movie

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"

	"github.com/palmal-rl/palmal/cmd/palmal/disk"
)

// gap is between the pictures of a contact sheet, pixels.
const gap = 8

// MostPixels of a contact sheet: it is in memory twice, 4 bytes each.
const MostPixels = 64 << 20

// sheet writes a grid of pictures with a caption under each.
type sheet struct {
	out      disk.Output
	columns  int
	pictures []Picture
	caption  *caption
	finished bool
}

func newSheet(out disk.Output, columns int) *sheet { return &sheet{out: out, columns: max(columns, 1)} }

// Add adds a picture; on a contact sheet it is seen for ever.
func (s *sheet) Add(p Picture) (err error) {
	size := p.Image.Rect.Size()
	if pixels := (len(s.pictures) + 1) * size.X * size.Y; pixels > MostPixels {
		return fmt.Errorf("%w: a contact sheet of more than %d million pixels, %d pictures of %d × %d: take fewer or smaller ones",
			ErrTooLarge, MostPixels>>20, len(s.pictures)+1, size.X, size.Y)
	}
	if s.caption == nil {
		if s.caption, err = newCaption(size.Y); err != nil {
			return err
		}
	}
	s.pictures = append(s.pictures, p)
	return nil
}

// places returns column and row of every picture, and the numbers of columns and rows.
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
	line := s.caption.height()
	places, columns, rows := s.places()
	whole := image.NewRGBA(image.Rect(0, 0, gap+columns*(cell.X+gap), gap+rows*(cell.Y+line+gap)))
	draw.Draw(whole, whole.Rect, image.NewUniform(color.RGBA{250, 251, 252, 255}), image.Point{}, draw.Src)
	for i, p := range s.pictures {
		at := image.Pt(gap+places[i].X*(cell.X+gap), gap+places[i].Y*(cell.Y+line+gap))
		draw.Draw(whole, image.Rectangle{Min: at, Max: at.Add(cell)}, p.Image, p.Image.Rect.Min, draw.Src)
		below := image.Rect(at.X, at.Y+cell.Y, at.X+cell.X, at.Y+cell.Y+line)
		s.caption.write(whole, below, s.caption.fit(p.Caption, cell.X), captionInk())
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
