package mujoco

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
)

// MostAssetBytes is the largest file that a model may refer to, and MostAssets how many.
const (
	MostAssetBytes = 256 << 20
	MostAssets     = 4096
)

// checkFiles refuses a model that refers to a file which it was not handed: MuJoCo would open whatever
// the name says, a pipe or another user's file included.
func checkFiles(mjcf []byte, assets map[string][]byte) error {
	if len(assets) > MostAssets {
		return fmt.Errorf("mujoco: compile model: %d files of a model, at most %d", len(assets), MostAssets)
	}
	for name, content := range assets {
		if len(content) > MostAssetBytes {
			return fmt.Errorf("mujoco: compile model: file %q of the model has %d MiB, at most %d", name, len(content)>>20, MostAssetBytes>>20)
		}
	}
	in := xml.NewDecoder(bytes.NewReader(mjcf))
	for {
		token, err := in.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("mujoco: compile model: %w", err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		for _, a := range start.Attr {
			_, given := assets[path.Base(a.Value)] // MuJoCo looks them up by base name
			// file, and of a texture fileright, fileleft, ... for the sides of a cube
			if strings.HasPrefix(a.Name.Local, "file") && !given {
				return fmt.Errorf("mujoco: compile model: the %s %q refers to the file %q: a model has only the files that come with its task: %q",
					start.Name.Local, attribute(start, "name"), a.Value, slices.Sorted(maps.Keys(assets)))
			}
		}
	}
}
