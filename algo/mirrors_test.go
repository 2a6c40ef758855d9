package algo

import (
	"slices"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// twofold has two images of a row: the negative, and the negative three times as far.
type twofold struct{ nn.Task }

func (twofold) Images() int { return 2 }

func (twofold) Image(k int, obs, act []float64) {
	for _, row := range [][]float64{obs, act} {
		for i := range row {
			row[i] *= float64(1 - 2*k)
		}
	}
}

// mirrored is a buffer of some episodes whose rows have images.
func mirrored(capacity int, episodes ...episode) *experience {
	x := newExperience(2, 1, capacity)
	c := Config{Model: ModelConfig{Symmetries: true}}
	x.replay.mirrors, x.recorded.mirrors = c.mirrors(twofold{}), c.mirrors(twofold{})
	for _, e := range episodes {
		x.replay.add(e)
	}
	return &x
}

func TestImagesFollowTheirRow(t *testing.T) {
	last := numbered(7, 1)
	last.terminated = true
	x := mirrored(0, numbered(1, 2), last)
	data := x.fitted(learned{reward: true, end: true})
	for _, one := range []struct {
		name      string
		got, want []float32
	}{
		{"observations", nn.RowMajor(data.Observations), []float32{1, -1, -1, 1, -3, 3, 2, -1, -2, 1, -6, 3, 7, -1, -7, 1, -21, 3}},
		{"next", nn.RowMajor(data.Next), []float32{2, -1, -2, 1, -6, 3, 3, -1, -3, 1, -9, 3, 8, -1, -8, 1, -24, 3}},
		{"actions", nn.RowMajor(data.Actions), []float32{0.5, -0.5, -1.5, 1, -1, -3, 3.5, -3.5, -10.5}},
		{"rewards", nn.RowMajor(data.Rewards), []float32{10, 10, 10, 20, 20, 20, 70, 70, 70}},
		{"ended", nn.RowMajor(data.Ended), []float32{0, 0, 0, 0, 0, 0, 1, 1, 1}},
	} {
		if !slices.Equal(one.got, one.want) {
			t.Errorf("%s %v, want %v", one.name, one.got, one.want)
		}
	}
	if n := x.replay.freshTransitions(learned{}).Rows(); n != 3 {
		t.Errorf("%d fresh rows, want 3: the loss is that on real data", n)
	}
	if n := x.replay.transitions(learned{}).Rows(); n != 3 {
		t.Errorf("%d rows, want 3: the policy's normaliser is that of real data", n)
	}
}

func TestImagesOfRecordedEpisodesJoinWithThem(t *testing.T) {
	x := mirrored(0, numbered(1, 2))
	x.recorded.add(numbered(5, 1))
	if n := x.fitted(learned{}).Rows(); n != 6 {
		t.Errorf("%d rows before recorded data join, want 6", n)
	}
	x.recorded.joined = true
	if got, want := nn.RowMajor(x.fitted(learned{}).Actions), []float32{2.5, -2.5, -7.5, 0.5, -0.5, -1.5, 1, -1, -3}; !slices.Equal(got, want) {
		t.Errorf("actions %v, want %v", got, want)
	}
}

func TestImagesLeaveTheBufferWithTheirEpisode(t *testing.T) {
	x := mirrored(3, numbered(1, 2), numbered(5, 2))
	if got, want := nn.RowMajor(x.fitted(learned{}).Actions), []float32{2.5, -2.5, -7.5, 3, -3, -9}; !slices.Equal(got, want) {
		t.Errorf("actions %v, want %v", got, want)
	}
}

func TestASavedBufferHasItsImagesAgain(t *testing.T) {
	x, y := mirrored(0, numbered(1, 2), numbered(5, 2)), mirrored(0)
	if err := y.replay.load(x.replay.save(), 2, 1); err != nil {
		t.Fatal(err)
	}
	if got, want := nn.RowMajor(y.fitted(learned{}).Observations), nn.RowMajor(x.fitted(learned{}).Observations); !slices.Equal(got, want) {
		t.Errorf("observations %v, want %v", got, want)
	}
}

func TestNoImagesUnlessWanted(t *testing.T) {
	for name, m := range map[string]*mirrors{
		"the key is off": Config{}.mirrors(twofold{}), "no symmetry is known": Config{Model: ModelConfig{Symmetries: true}}.mirrors(nn.Task(nil)),
	} {
		if m.count() != 0 || len(m.imagesOf(numbered(1, 2))) != 0 {
			t.Errorf("%s: %d images", name, m.count())
		}
	}
}

// poles has an image that is no state where an entry is 0.
type poles struct{ nn.Task }

func (poles) Images() int { return 1 }

func (poles) Image(_ int, obs, act []float64) {
	for i := range obs {
		obs[i] = 1 / obs[i]
	}
}

func TestAnImageThatIsNoStateIsNamed(t *testing.T) {
	m := Config{Model: ModelConfig{Symmetries: true}}.mirrors(poles{})
	if m.imagesOf(numbered(1, 2)); m.check() != nil {
		t.Error(m.check())
	}
	if m.imagesOf(numbered(-1, 2)); m.check() == nil || !strings.Contains(m.check().Error(), "number 0 of image 1 of an episode's row 1 is not finite") {
		t.Errorf("error %v", m.check())
	}
}
