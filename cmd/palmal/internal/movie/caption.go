package movie

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"strings"

	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// separator stands between the parts of a caption.
const separator = "   "

// Sizes of letters, pixels.
const (
	smallestLetters = 9 // below that they cannot be read
	largestLetters  = 40
)

// caption is text of one size.
type caption struct {
	face font.Face
	size int // height of letters, pixels
}

// newCaption chooses letters for pictures of a height.
func newCaption(height int) (*caption, error) {
	f, err := opentype.Parse(liberationsansregular.TTF)
	if err != nil {
		return nil, fmt.Errorf("font of captions: %w", err)
	}
	size := max(smallestLetters, min(largestLetters, height/24))
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: float64(size), DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return nil, fmt.Errorf("font of captions: %w", err)
	}
	return &caption{face, size}, nil
}

// height is that of a line with the space around it, pixels.
func (c *caption) height() int { return c.size + c.size/2 }

// fit joins as many of the parts as a width has room for; those that come first go first.
func (c *caption) fit(parts []string, width int) string {
	for ; len(parts) > 0; parts = parts[1:] {
		if text := strings.Join(parts, separator); font.MeasureString(c.face, text).Ceil() <= width-c.size {
			return text
		}
	}
	return ""
}

// write writes a line into a strip as high as [caption.height].
func (c *caption) write(on *image.RGBA, strip image.Rectangle, text string, ink color.RGBA) {
	drawer := font.Drawer{Dst: on, Src: image.NewUniform(ink), Face: c.face,
		Dot: fixed.P(strip.Min.X+c.size/2, strip.Min.Y+c.height()-c.size/2)}
	drawer.DrawString(text)
}

// overlay writes the parts that fit along the lower edge of a picture, on a light strip. A picture that
// is too small for any stays as it is.
func (c *caption) overlay(on *image.RGBA, parts []string) {
	strip := on.Rect
	strip.Min.Y = strip.Max.Y - c.height()
	text := c.fit(parts, strip.Dx())
	if text == "" || strip.Dy()*4 > on.Rect.Dy() {
		return
	}
	light := color.NRGBA{250, 251, 252, 200}
	draw.Draw(on, strip, image.NewUniform(light), image.Point{}, draw.Over)
	c.write(on, strip, text, captionInk())
}

func captionInk() color.RGBA { return color.RGBA{40, 46, 54, 255} }
