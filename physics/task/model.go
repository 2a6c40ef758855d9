package task

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// model reads the MJCF and the files that it refers to.
func (l *loader) model(node *yaml.Node) {
	text, err := l.open(l.t.ModelFile)
	if err != nil {
		l.report(node, "%v", err)
		return
	}
	l.t.Model, l.t.Assets = text, map[string][]byte{}
	a := assets{loader: l, node: node, folder: path.Dir(l.t.ModelFile), within: []string{path.Clean(l.t.ModelFile)}}
	l.known = map[string][]string{"body": {"world"}}
	a.of(l.t.ModelFile, text)
	if root := a.root; root != "mujoco" {
		l.report(node, "%s: want an MJCF file, whose first element is mujoco, found %q", path.Join(l.from.Folder, l.t.ModelFile), root)
		l.known = nil // whatever its elements are called
	}
}

// assets finds the files that an MJCF refers to. MuJoCo is given them by their base names.
type assets struct {
	*loader
	node   *yaml.Node
	folder string    // folder of the model
	root   string    // the model's first element
	within []string  // the files that are being read, each included by the one before
	dirs   [3]string // folders of meshes, textures and all assets, from the compiler element
}

// of reads the files of one MJCF text and of the texts that it includes.
func (a *assets) of(file string, text []byte) {
	in := xml.NewDecoder(bytes.NewReader(text))
	var within []string
	for {
		token, err := in.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			a.report(a.node, "%s: %v", path.Join(a.from.Folder, file), err)
			return
		}
		if _, ok := token.(xml.EndElement); ok {
			within = within[:len(within)-1]
		}
		element, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if a.root == "" {
			a.root = element.Name.Local
		}
		a.note(within, element)
		within = append(within, element.Name.Local)
		if element.Name.Local == "compiler" {
			a.dirs = [3]string{attribute(element, "meshdir", a.dirs[0]), attribute(element, "texturedir", a.dirs[1]), attribute(element, "assetdir", a.dirs[2])}
		}
		for _, x := range element.Attr {
			if x.Value != "" && isFile(x.Name.Local) {
				a.take(element.Name.Local, x.Value)
			}
		}
	}
}

// isFile reports whether an attribute of MJCF names a file, sides of a cube texture included.
func isFile(attribute string) bool {
	switch attribute {
	case "file", "fileright", "fileleft", "fileup", "filedown", "filefront", "fileback":
		return true
	}
	return false
}

func attribute(element xml.StartElement, name, absent string) string {
	for _, a := range element.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return absent
}

// take reads one file, from where MuJoCo would look for it or from the model's folder.
func (a *assets) take(element, file string) {
	dir := a.dirs[2]
	switch element {
	case "mesh", "skin", "hfield":
		if a.dirs[0] != "" {
			dir = a.dirs[0]
		}
	case "texture":
		if a.dirs[1] != "" {
			dir = a.dirs[1]
		}
	}
	if element == "include" {
		dir = ""
	}
	if from := path.Join(a.folder, file); element == "include" && slices.Contains(a.within, from) {
		a.report(a.node, "%s includes itself: %s", path.Join(a.from.Folder, from), strings.Join(append(a.within, from), " includes "))
		return
	}
	text, err := a.open(path.Join(a.folder, dir, file))
	if errors.Is(err, fs.ErrNotExist) && dir != "" {
		text, err = a.open(path.Join(a.folder, file))
	}
	if err != nil {
		a.report(a.node, "the model needs %s: %v", file, err)
		return
	}
	if !a.keep(path.Base(file), path.Join(dir, file), text) {
		return
	}
	a.within = append(a.within, path.Join(a.folder, file))
	switch element {
	case "include":
		a.of(file, text)
	case "model": // a whole model, with directories of its own
		whole := *a
		whole.folder, whole.dirs = path.Dir(path.Join(a.folder, dir, file)), [3]string{}
		whole.of(file, text)
	}
	a.within = a.within[:len(a.within)-1]
}

// keep adds a file by its base name, or by its path from the model where another file has that name. It
// reports whether the file is new.
func (a *assets) keep(base, file string, text []byte) bool {
	for _, key := range []string{base, file} {
		other, taken := a.t.Assets[key]
		if !taken {
			a.t.Assets[key] = text
			return true
		}
		if bytes.Equal(other, text) {
			return false
		}
	}
	a.report(a.node, "the model needs two different files named %s", base)
	return false
}

// ReadModel reads an MJCF file, the files that it refers to, by base name, and all of them by their paths.
func ReadModel(from Source) (model []byte, assets, files map[string][]byte, err error) {
	l := &loader{t: &Task{Files: map[string][]byte{}, ModelFile: from.File}, from: from}
	l.file = path.Join(from.Folder, from.File)
	l.model(&yaml.Node{})
	for _, p := range l.problems {
		err = errors.Join(err, errors.New(p.Text))
	}
	return l.t.Model, l.t.Assets, l.t.Files, err
}
