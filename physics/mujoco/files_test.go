package mujoco

import (
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
)

// tetrahedron is a binary STL of the given size.
func tetrahedron(size float32) []byte {
	corners := [4][3]float32{{0, 0, 0}, {size, 0, 0}, {0, size, 0}, {0, 0, size}}
	out := binary.LittleEndian.AppendUint32(make([]byte, 80), 4)
	for _, face := range [4][3]int{{0, 2, 1}, {0, 1, 3}, {0, 3, 2}, {1, 2, 3}} {
		for _, corner := range append([][3]float32{{}}, corners[face[0]], corners[face[1]], corners[face[2]]) { // its normal first
			for _, x := range corner {
				out = binary.LittleEndian.AppendUint32(out, math.Float32bits(x))
			}
		}
		out = append(out, 0, 0)
	}
	return out
}

const nested = `<?xml version="1.0" encoding="us-ascii"?>
<mujoco model="nested">
  <compiler meshdir="meshes" texturedir='pictures'/>
  <include file="parts/more.xml"/> <!-- file="left alone" -->
  <asset>
    <mesh name="small" file="visual/shape.stl"/>
    <mesh file="collision/shape.stl"
      scale="1 1 1"/>
    <mesh name="again" file='visual\shape.stl'/>
  </asset>
  <worldbody><geom type="mesh" mesh="small"/><geom type="mesh" mesh="shape"/><geom type="mesh" mesh="again"/></worldbody>
</mujoco>`

// Files are found by their paths or base names; those with the same base name stay apart, each mesh without
// a name keeps that of its file, and the rest of the text is untouched.
func TestFilesOfAModelAreArranged(t *testing.T) {
	assets := map[string][]byte{"meshes/visual/shape.stl": tetrahedron(1), "meshes/collision/shape.stl": tetrahedron(2),
		"more.xml": []byte(`<mujoco><worldbody><site name="from file"/></worldbody></mujoco>`)}
	files, err := arrange([]byte(nested), assets)
	if err != nil {
		t.Fatal(err)
	}
	if names := slices.Sorted(maps.Keys(files)); !slices.Equal(names, []string{"3/shape.stl", "more.xml", modelName, "shape.stl"}) {
		t.Errorf("files %q", names)
	}
	want := strings.NewReplacer(` meshdir="meshes" texturedir='pictures'`, "  ", "parts/more", "more", "visual/shape", "shape", `'visual\shape.stl'`, `"shape.stl"`,
		"collision/", "3/").Replace(nested)
	if got := string(files[modelName]); got != want {
		t.Errorf("text\n%s\nwant\n%s", got, want)
	}
	needsLibrary(t)
	m, err := Load([]byte(nested), assets)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if _, err := m.ID(Site, "from file"); err != nil {
		t.Error(err)
	}
	if meshes, err := m.Field("mesh_vertadr"); err != nil || len(meshes) != 3 {
		t.Errorf("meshes %v, error %v", meshes, err)
	}
}

// A reference in an included file is checked as those of the model are.
func TestIncludedFilesReferToNothingElse(t *testing.T) {
	_, err := arrange([]byte(`<mujoco><include file="a.xml"/></mujoco>`), map[string][]byte{"a.xml": []byte(`<mujoco><include file="/etc/passwd"/></mujoco>`)})
	if err == nil || !strings.Contains(err.Error(), "only the files that come with its task") {
		t.Errorf("error %v", err)
	}
	files, err := arrange([]byte(`<mujoco><include file="a.xml"/></mujoco>`), map[string][]byte{"a.xml": []byte(`<mujoco><include file="a.xml"/></mujoco>`)})
	if err != nil || len(files) != 2 {
		t.Errorf("a file that includes itself: files %v, error %v", files, err)
	}
}

func TestOldWaysToWriteAModelAreNoErrors(t *testing.T) {
	for words, want := range map[string]bool{"": false, "\n": false, "statistic attribute 'meaninertia' is deprecated\n": false,
		"XML warning: 'x' is Deprecated.\nsecond deprecated": false, "mesh volume is too small": true, "a is deprecated\nmesh volume is too small": true} {
		if serious(words) != want {
			t.Errorf("%q: serious %v", words, !want)
		}
	}
}
