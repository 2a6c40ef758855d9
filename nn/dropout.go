package nn

import "math"

// Dropout chooses the units that a row of a minibatch leaves out. A gap between two of them is a geometric draw, so that
// rare ones cost few random numbers, and every row can be drawn alone.
type Dropout struct {
	key     Key
	step    uint64
	layer   int
	hidden  int    // layers
	lane    uint32 // of the next block
	perWord float64
	words   [4]uint32
	word    int
	at      int
}

// dropoutBlocks is the number of random blocks of a row in a layer at one random step; later lanes belong to other rows. A row
// that needs others takes the same lanes dropoutFurther steps later, where no count of epochs comes.
const (
	dropoutBlocks  = 64
	dropoutFurther = 1 << 40
)

// DropRate is the share of units that hidden layer i, counted from 0, of a network of some layers leaves out.
func (c Care) DropRate(layer, layers int) float64 {
	return c.Dropout * (1 - float64(layer)/float64(layers-1))
}

// Dropout draws the units of hidden layer i in a member's epoch, see [Dropout.Row]. The random step counts the epochs of all
// members; the lanes are those of places, then layers.
func (o *FitOptions) Dropout(epoch uint64, member, members, layer, layers int) Dropout {
	return Dropout{
		key: Key{Seed: o.Seed, Stream: StreamDropout}, step: epoch*uint64(members) + uint64(member), layer: layer, hidden: layers - 1,
		perWord: 1 / math.Log1p(-o.Care.DropRate(layer, layers)),
	}
}

// Row draws those for the row at a place of the epoch.
func (d Dropout) Row(place int) Dropout {
	d.lane = uint32((place*d.hidden + d.layer) * dropoutBlocks)
	d.word, d.at = 4, -1
	return d
}

// After continues the draws of a row after the gaps of its first block, which led to a unit.
func (d Dropout) After(unit int) Dropout {
	d.lane++
	d.at = unit
	return d
}

// Gaps say how to draw the first gaps of many rows at once: those of the row at a place come from the four words of the block of
// lane + place·stride at a step of the key. With u as [Dropout.Next] makes it of a word, a gap is the whole part of factor·ln u,
// or at most as many as there are units.
func (d *Dropout) Gaps() (key Key, step uint64, lane uint32, stride int, factor float64) {
	return d.key, d.step, uint32(d.layer * dropoutBlocks), d.hidden * dropoutBlocks, d.perWord
}

// Next returns the next unit that is left out, of a layer of some units; at least units: no other is.
func (d *Dropout) Next(units int) int {
	if d.word == 4 {
		d.words, d.word = d.key.Block(d.step, d.lane), 0
		if d.lane++; d.lane%dropoutBlocks == 0 {
			d.lane, d.step = d.lane-dropoutBlocks, d.step+dropoutFurther
		}
	}
	u := float64(d.words[d.word]>>8+1) * 0x1p-24 // in (0, 1]
	d.word++
	d.at += 1 + int(min(math.Log(u)*d.perWord, float64(units)))
	return d.at
}
