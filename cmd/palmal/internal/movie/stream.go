package movie

import (
	"bytes"
	"compress/lzw"
	"encoding/binary"
	"image"
	"image/color"
	"io"
)

// Parts of GIF89a, by its specification.
const (
	tableOf256    = 0xf7 // a table of 256 colours for all pictures, 8 bits a channel
	extension     = 0x21
	graphics      = 0xf9
	application   = 0xff
	descriptor    = 0x2c
	trailer       = 0x3b
	stays         = 1 << 2 // the next picture is drawn over this one
	seeThrough    = 1      // a colour is transparent
	bitsOfIndices = 8
	mostInBlock   = 255
)

// stream is a GIF under way: image/gif wants all pictures at once, which of large ones takes
// gigabytes.
type stream struct{ bytes.Buffer }

// newStream begins a GIF that repeats for ever. The palette has 256 entries.
func newStream(size image.Point, palette color.Palette) *stream {
	s := &stream{}
	s.WriteString("GIF89a")
	s.words(size.X, size.Y)
	s.Write([]byte{tableOf256, 0, 0})
	for _, ink := range palette {
		r, g, b, _ := ink.RGBA()
		s.Write([]byte{byte(r >> 8), byte(g >> 8), byte(b >> 8)})
	}
	s.Write([]byte{extension, application, 11})
	s.WriteString("NETSCAPE2.0")
	s.Write([]byte{3, 1, 0, 0, 0})
	return s
}

// words writes numbers of 16 bits.
func (s *stream) words(numbers ...int) {
	for _, n := range numbers {
		s.Write(binary.LittleEndian.AppendUint16(nil, uint16(n)))
	}
}

// add appends a picture that is seen for a delay in centiseconds, after which the next is drawn over it.
// A longer delay than a picture can have is given to more of them.
func (s *stream) add(part *image.Paletted, delay int) error {
	const longest = 1<<16 - 1
	for ; delay > longest; delay -= longest {
		if err := s.add(part, longest); err != nil {
			return err
		}
	}
	s.Write([]byte{extension, graphics, 4, stays | seeThrough})
	s.words(delay)
	s.Write([]byte{transparent, 0, descriptor})
	s.words(part.Rect.Min.X, part.Rect.Min.Y, part.Rect.Dx(), part.Rect.Dy())
	s.Write([]byte{0, bitsOfIndices})
	blocks := &blocks{to: &s.Buffer}
	packer := lzw.NewWriter(blocks, lzw.LSB, bitsOfIndices)
	for y := range part.Rect.Dy() {
		if _, err := packer.Write(part.Pix[y*part.Stride:][:part.Rect.Dx()]); err != nil {
			return err
		}
	}
	if err := packer.Close(); err != nil {
		return err
	}
	blocks.end()
	return nil
}

// writeTo ends the GIF and writes it.
func (s *stream) writeTo(out io.Writer) error {
	s.WriteByte(trailer)
	_, err := out.Write(s.Bytes())
	return err
}

// blocks divides bytes into blocks that begin with their length.
type blocks struct {
	to    *bytes.Buffer
	bytes []byte
}

// Write collects bytes and passes whole blocks on.
func (b *blocks) Write(p []byte) (int, error) {
	b.bytes = append(b.bytes, p...)
	for len(b.bytes) >= mostInBlock {
		b.pass(mostInBlock)
	}
	return len(p), nil
}

func (b *blocks) pass(n int) {
	b.to.WriteByte(byte(n))
	b.to.Write(b.bytes[:n])
	b.bytes = append(b.bytes[:0], b.bytes[n:]...)
}

// end passes what is left, and the empty block that ends a picture.
func (b *blocks) end() {
	if len(b.bytes) > 0 {
		b.pass(len(b.bytes))
	}
	b.to.WriteByte(0)
}
