package mjcf

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
)

// Document is the text of a model with its elements.
type Document struct {
	text []byte
	root *Element
}

// Element is an element of a model.
type Element struct {
	Tag, Name  string // the name of a default is its class
	attributes map[string]string
	parent     *Element
	children   []*Element
	start, end int // bytes of its start tag
}

// Inline returns the model's text with the contents of its included files, by base name, in their places.
func Inline(text []byte, files map[string][]byte) ([]byte, error) {
	return inline(text, files, nil)
}

func inline(text []byte, files map[string][]byte, within []string) ([]byte, error) {
	var out []byte
	copied := 0 // bytes of text that are in out or replaced
	err := scan(text, func(e *Element, end int) error {
		if e.Tag != "include" || end < 0 {
			return nil
		}
		name := path.Base(e.attributes["file"])
		included, ok := files[name]
		if !ok || slices.Contains(within, name) {
			return fmt.Errorf("the model includes %q, which does not come with it or includes itself", name)
		}
		inner, err := inline(included, files, append(slices.Clip(within), name))
		if err != nil {
			return err
		}
		if inner, err = content(inner); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		out = append(append(out, text[copied:e.start]...), inner...)
		copied = end
		return nil
	})
	return append(out, text[copied:]...), err
}

// content returns what stands inside the first element of a text.
func content(text []byte) (inner []byte, err error) {
	err = scan(text, func(e *Element, end int) error {
		if e.parent == nil && end >= 0 {
			if inner = nil; end > e.end {
				inner = text[e.end:bytes.LastIndexByte(text[:end], '<')]
			}
		}
		return nil
	})
	return inner, err
}

// Parse reads a model's text.
func Parse(text []byte) (*Document, error) {
	d := &Document{text: text}
	err := scan(text, func(e *Element, end int) error {
		if end < 0 && e.parent != nil {
			e.parent.children = append(e.parent.children, e)
		} else if end < 0 && d.root == nil {
			d.root = e
		}
		return nil
	})
	if err == nil && d.root == nil {
		err = errors.New("the model has no element")
	}
	return d, err
}

// scan visits each element of a text at its beginning, with an end of -1, and at its end.
func scan(text []byte, visit func(e *Element, end int) error) error {
	in := xml.NewDecoder(bytes.NewReader(text))
	var within *Element
	for {
		start := int(in.InputOffset())
		token, err := in.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := &Element{Tag: token.Name.Local, attributes: map[string]string{}, parent: within, start: start, end: int(in.InputOffset())}
			for _, a := range token.Attr {
				e.attributes[a.Name.Local] = a.Value
			}
			if e.Name = e.attributes["name"]; e.Tag == "default" {
				e.Name = e.attributes["class"]
			}
			within = e
			err = visit(e, -1)
		case xml.EndElement:
			err = visit(within, int(in.InputOffset()))
			within = within.parent
		}
		if err != nil {
			return err
		}
	}
}

// each visits the elements below e in their order.
func (e *Element) each(visit func(*Element)) {
	for _, child := range e.children {
		visit(child)
		child.each(visit)
	}
}

// inDefaults reports whether an element stands in a class of defaults.
func (e *Element) inDefaults() bool {
	for e = e.parent; e != nil; e = e.parent {
		if e.Tag == "default" {
			return true
		}
	}
	return false
}
