package mjcf

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"slices"
)

// Blank is a text with holes.
type Blank struct {
	text  []byte
	holes []hole
}

// hole is the place of an attribute's value in the text.
type hole struct {
	number   int // index of the value
	from, to int
	before   string // what stands before a value that the text does not have yet
	after    string
}

// Blank returns the text with a hole for an attribute of each of the elements. No attribute may be given twice.
func (d *Document) Blank(elements []*Element, attributes []string) *Blank {
	b := &Blank{text: d.text}
	for i, e := range elements {
		h := hole{number: i}
		if h.from, h.to = d.value(e, attributes[i]); h.from < 0 {
			h.from = e.start + len(bytes.TrimRight(d.text[e.start:e.end], "/>"))
			h.to, h.before, h.after = h.from, " "+attributes[i]+`="`, `"`
		}
		b.holes = append(b.holes, h)
	}
	slices.SortStableFunc(b.holes, func(one, other hole) int { return cmp.Compare(one.from, other.from) })
	return b
}

// value returns where the value of an attribute stands, -1 where the element does not have it. The text is known to be
// well formed.
func (d *Document) value(e *Element, attribute string) (from, to int) {
	tag := d.text[:e.end]
	at := e.start + 1 + len(e.Tag)
	for {
		for at < len(tag) && bytes.IndexByte([]byte(" \t\r\n"), tag[at]) >= 0 {
			at++
		}
		equals := bytes.IndexByte(tag[at:], '=')
		if equals < 0 {
			return -1, -1
		}
		name := string(bytes.TrimSpace(tag[at : at+equals]))
		at += equals + 1
		for tag[at] != '"' && tag[at] != '\'' {
			at++
		}
		from = at + 1
		to = from + bytes.IndexByte(tag[from:], tag[at])
		if name == attribute {
			return from, to
		}
		at = to + 1
	}
}

// Fill returns the text with values in its holes, one for each of the elements.
func (b *Blank) Fill(values []string) []byte {
	var out bytes.Buffer
	out.Grow(len(b.text) + 64*len(b.holes))
	copied := 0
	for _, h := range b.holes {
		out.Write(b.text[copied:h.from])
		out.WriteString(h.before)
		_ = xml.EscapeText(&out, []byte(values[h.number])) // a buffer takes everything
		out.WriteString(h.after)
		copied = h.to
	}
	out.Write(b.text[copied:])
	return out.Bytes()
}
