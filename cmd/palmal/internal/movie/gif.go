package movie

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"

	"github.com/palmal-rl/palmal/cmd/palmal/disk"
)

// Constants of GIF and of its viewers.
const (
	centiseconds = 100 // the unit of delays: centiseconds per second
	// Browsers show pictures with a shorter delay for 0.1 s.
	shortestDelay = 2
	// learnFrom is the number of pictures that the palette is chosen from: the first ones, since later ones look
	// like them.
	learnFrom = 24
	// learnPixels bounds them: large pictures have enough pixels each.
	learnPixels = 8 << 20
	// transparent stands for a pixel that stays what it was.
	transparent = 255
)

// MostFPS is the highest rate at which GIF shows pictures.
const MostFPS = centiseconds / shortestDelay

// MostBytes is the largest GIF that is written. It is in memory, compressed, until it is whole.
const MostBytes = 512 << 20

// ErrTooLarge is wrapped by the error for a movie beyond a stated limit.
var ErrTooLarge = errors.New("too large")

// animation writes an animated GIF. A picture holds only the rectangle that changed, in which pixels
// that did not are transparent: a third of the bytes. It is compressed as soon as it is known.
type animation struct {
	out      disk.Output
	waiting  []*image.RGBA // held back until they are enough to choose colours from
	delays   []int         // their delays
	colours  *colours
	indices  []uint8 // pixels of the last picture, [height·width]
	size     image.Point
	stream   *stream
	caption  *caption
	shown    int // end of the last picture, centiseconds
	finished bool
}

func newAnimation(out disk.Output) *animation { return &animation{out: out} }

// Add adds a picture. Delays are rounded so that the ends of pictures are right, not their lengths; a
// picture whose time is over before it can be seen is left out.
func (a *animation) Add(p Picture) (err error) {
	if a.caption == nil {
		a.size = p.Image.Rect.Size()
		if a.caption, err = newCaption(a.size.Y); err != nil {
			return err
		}
	}
	end := int(math.Round(p.Until * centiseconds))
	if a.shown >= max(end, 1) {
		return nil
	}
	a.caption.overlay(p.Image, p.Caption)
	delay := max(end-a.shown, shortestDelay)
	a.shown += delay
	if a.colours != nil {
		return a.encode(p.Image, delay)
	}
	a.waiting, a.delays = append(a.waiting, p.Image), append(a.delays, delay)
	if n := len(a.waiting); n >= learnFrom || n*a.size.X*a.size.Y >= learnPixels {
		return a.learn()
	}
	return nil
}

// learn chooses the colours and encodes what waits for them.
func (a *animation) learn() error {
	a.colours = choose(a.waiting, transparent)
	for len(a.colours.palette) < transparent {
		a.colours.palette = append(a.colours.palette, color.RGBA{A: 255})
	}
	a.colours.palette = append(a.colours.palette, color.RGBA{})
	a.stream = newStream(a.size, a.colours.palette)
	for i, picture := range a.waiting {
		if err := a.encode(picture, a.delays[i]); err != nil {
			return err
		}
	}
	a.waiting, a.delays = nil, nil
	return nil
}

// encode appends what is new in a picture.
func (a *animation) encode(picture *image.RGBA, delay int) error {
	size := a.size
	now := make([]uint8, size.X*size.Y)
	for i := range now {
		p := picture.Pix[4*i : 4*i+3 : 4*i+3]
		now[i] = a.colours.nearest[index15(p[0], p[1], p[2])]
	}
	changed := image.Rectangle{Max: size}
	if a.indices != nil {
		changed = difference(a.indices, now, size)
	}
	part := image.NewPaletted(changed, a.colours.palette)
	for y := changed.Min.Y; y < changed.Max.Y; y++ {
		row := now[y*size.X+changed.Min.X : y*size.X+changed.Max.X]
		copy(part.Pix[(y-changed.Min.Y)*part.Stride:], row)
	}
	if a.indices != nil {
		blank(part, a.indices, size.X)
	}
	a.indices = now
	if err := a.stream.add(part, delay); err != nil {
		return err
	}
	if a.stream.Len() > MostBytes {
		return fmt.Errorf("%w: a GIF of more than %d MiB: take fewer or smaller pictures, or .mp4", ErrTooLarge, MostBytes>>20)
	}
	return nil
}

// difference returns the smallest rectangle around the pixels that differ, one pixel if none do.
func difference(before, now []uint8, size image.Point) image.Rectangle {
	changed := image.Rectangle{Min: size}
	for y := range size.Y {
		for x := range size.X {
			if i := y*size.X + x; before[i] != now[i] {
				changed.Min = image.Pt(min(changed.Min.X, x), min(changed.Min.Y, y))
				changed.Max = image.Pt(max(changed.Max.X, x+1), y+1)
			}
		}
	}
	if changed.Empty() {
		return image.Rect(0, 0, 1, 1)
	}
	return changed
}

// blank makes the unchanged pixels of part transparent.
func blank(part *image.Paletted, before []uint8, width int) {
	for y := part.Rect.Min.Y; y < part.Rect.Max.Y; y++ {
		row := part.Pix[(y-part.Rect.Min.Y)*part.Stride:][:part.Rect.Dx()]
		old := before[y*width+part.Rect.Min.X:][:len(row)]
		for x := range row {
			if row[x] == old[x] {
				row[x] = transparent
			}
		}
	}
}

// Close writes the file.
func (a *animation) Close() error {
	if a.finished {
		return nil
	}
	a.finished = true
	if a.caption == nil {
		return errors.New("a GIF needs a picture")
	}
	if a.colours == nil {
		if err := a.learn(); err != nil {
			return err
		}
	}
	return a.out.Write(a.stream.writeTo)
}

// Discard forgets the pictures.
func (a *animation) Discard() error {
	a.finished = true
	return nil
}
