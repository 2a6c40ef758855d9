package mujoco

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// MostAssetBytes is the largest file that a model may refer to, and MostAssets how many.
const (
	MostAssetBytes = 256 << 20
	MostAssets     = 4096
)

// modelName is the name of the model's own file in its folder.
const modelName = "palmal-model.xml"

// arrange returns the files of a folder from which MuJoCo compiles the model: the model and every file that
// it refers to. The texts are those handed over but for references, which name the files of this folder.
// A reference to a file that was not handed over is refused: MuJoCo would open whatever the name says, a
// pipe or another user's file included.
func arrange(mjcf []byte, assets map[string][]byte) (map[string][]byte, error) {
	if len(assets) > MostAssets {
		return nil, fmt.Errorf("%d files of a model, at most %d", len(assets), MostAssets)
	}
	for name, content := range assets {
		if len(content) > MostAssetBytes {
			return nil, fmt.Errorf("file %q of the model has %d MiB, at most %d", name, len(content)>>20, MostAssetBytes>>20)
		}
	}
	f := folder{assets: assets, names: map[string]string{}, files: map[string][]byte{}}
	err := f.add(modelName, mjcf, new(directories))
	return f.files, err
}

// folder collects the files of a model.
type folder struct {
	assets map[string][]byte // as handed over
	names  map[string]string // names of the assets in the folder
	files  map[string][]byte // keyed by these names
}

// directories are where a model says its files are: the attributes of its compiler element.
type directories struct{ meshes, textures, assets string }

// of returns the directory for the files of an element.
func (d *directories) of(element string) string {
	switch {
	case element == "include":
		return ""
	case element == "texture" && d.textures != "":
		return d.textures
	case element != "texture" && d.meshes != "":
		return d.meshes
	}
	return d.assets
}

// add adds a text of MJCF and what it refers to.
func (f *folder) add(name string, text []byte, d *directories) error {
	f.files[name] = nil // ends the recursion of a file that includes itself
	in := xml.NewDecoder(bytes.NewReader(text))
	in.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // names are ASCII in most
	var out bytes.Buffer
	for {
		from := in.InputOffset()
		token, err := in.Token()
		if errors.Is(err, io.EOF) {
			f.files[name] = out.Bytes()
			return nil
		}
		if err != nil {
			return err
		}
		raw := text[from:in.InputOffset()]
		if start, ok := token.(xml.StartElement); ok {
			if raw, err = f.refer(start, raw, d); err != nil {
				return err
			}
		}
		out.Write(raw)
	}
}

// refer returns the text of an element with its references rewritten, and adds their files.
func (f *folder) refer(start xml.StartElement, raw []byte, d *directories) ([]byte, error) {
	element := start.Name.Local
	if element == "compiler" {
		d.meshes = orElse(attribute(start, "meshdir"), d.meshes)
		d.textures = orElse(attribute(start, "texturedir"), d.textures)
		d.assets = orElse(attribute(start, "assetdir"), d.assets)
	}
	for _, a := range start.Attr {
		name := a.Name.Local
		switch {
		case element == "compiler" && slices.Contains([]string{"meshdir", "texturedir", "assetdir"}, name):
			raw = rewrite(raw, name, "")
		// file, and of a texture fileright, fileleft, ... for the sides of a cube
		case strings.HasPrefix(name, "file") && a.Value != "":
			there, err := f.take(start, a.Value, d)
			if err != nil {
				return nil, err
			}
			if there != a.Value {
				raw = rewrite(raw, name, fmt.Sprintf("%s=%q", name, there))
			}
		}
	}
	return raw, nil
}

// rewrite replaces an attribute in the text of an element, all else being left as it is.
func rewrite(raw []byte, name, by string) []byte {
	pattern := regexp.MustCompile(`(\s)` + regexp.QuoteMeta(name) + `\s*=\s*("[^"]*"|'[^']*')`)
	return pattern.ReplaceAll(raw, []byte("${1}"+strings.ReplaceAll(by, "$", "$$")))
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// take adds the file of a reference and returns its name in the folder.
func (f *folder) take(start xml.StartElement, reference string, d *directories) (string, error) {
	reference = strings.ReplaceAll(reference, `\`, "/")
	for _, key := range []string{path.Join(d.of(start.Name.Local), reference), path.Clean(reference), path.Base(reference)} {
		content, given := f.assets[key]
		if !given {
			continue
		}
		if name, known := f.names[key]; known {
			return name, nil
		}
		name := path.Base(key) // a mesh without a name is called by it
		if _, taken := f.files[name]; taken {
			name = fmt.Sprintf("%d/%s", len(f.files), name)
		}
		f.names[key] = name
		switch start.Name.Local {
		case "include":
			return name, f.add(name, content, d)
		case "model": // a whole model with directories of its own
			return name, f.add(name, content, new(directories))
		}
		f.files[name] = content
		return name, nil
	}
	return "", fmt.Errorf("the %s %q refers to the file %q: a model has only the files that come with its task: %q",
		start.Name.Local, attribute(start, "name"), reference, slices.Sorted(maps.Keys(f.assets)))
}
