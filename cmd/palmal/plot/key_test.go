package plot

import (
	"bytes"
	"image/png"
	"strings"
	"testing"
)

// A legend stays within the picture, whatever a line differs by: its right margin is white.
func TestTheLongestLegendStaysWithinThePicture(t *testing.T) {
	for _, length := range []int{1, 60, 200} {
		picture, err := Draw([]Group{{Task: "hopper", Algorithm: "PAL", Preset: "pathwise", Seeds: []uint64{1},
			Evaluation:  []Point{{X: 0, Mean: 1, Low: 1, High: 1, Seeds: 1}, {X: 9, Mean: 2, Low: 2, High: 2, Seeds: 1}},
			Differences: []string{"policy.x " + strings.Repeat("m", length)}}}, ".png")
		if err != nil {
			t.Fatal(err)
		}
		decoded, err := png.Decode(bytes.NewReader(picture))
		if err != nil {
			t.Fatal(err)
		}
		size := decoded.Bounds().Size()
		for x := size.X - int(margin)*resolution/72 + 1; x < size.X; x++ {
			for y := range size.Y {
				if r, g, b, _ := decoded.At(x, y).RGBA(); min(r, g, b) < 0xffff {
					t.Fatalf("a label with %d letters: pixel %d, %d of %v is not white", length, x, y, size)
				}
			}
		}
	}
}
