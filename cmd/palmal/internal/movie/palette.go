package movie

import (
	"cmp"
	"image"
	"image/color"
	"slices"
)

// colours is a palette with a table of the nearest entry for every colour of 5 bits per channel. It needs one
// look-up per pixel; image/draw compares every pixel with every entry.
type colours struct {
	palette color.Palette
	nearest [1 << 15]uint8
}

func index15(r, g, b uint8) int { return int(r>>3)<<10 | int(g>>3)<<5 | int(b>>3) }

// cell is a colour of 5 bits per channel with the pixels that fall into it.
type cell struct {
	sum   [3]int // sum of the exact colours
	count int
}

// choose returns a palette of at most n colours for the pictures, by median cut: the box of colours
// with the largest gain is halved at the median of its longest side.
func choose(pictures []*image.RGBA, n int) *colours {
	boxes := [][]cell{census(pictures)}
	for len(boxes) < n {
		widest, side, best := -1, 0, 0
		for i, box := range boxes {
			if s, gain := longest(box); gain > best {
				widest, side, best = i, s, gain
			}
		}
		if widest < 0 {
			break
		}
		first, second := halve(boxes[widest], side)
		boxes[widest] = first
		boxes = append(boxes, second)
	}
	c := &colours{}
	for _, box := range boxes {
		c.palette = append(c.palette, mean(box))
	}
	c.fillTable()
	return c
}

// census counts the colours of the pictures.
func census(pictures []*image.RGBA) []cell {
	all := make([]cell, 1<<15)
	for _, p := range pictures {
		for i := 0; i+3 < len(p.Pix); i += 4 {
			c := &all[index15(p.Pix[i], p.Pix[i+1], p.Pix[i+2])]
			c.count++
			for k := range c.sum {
				c.sum[k] += int(p.Pix[i+k])
			}
		}
	}
	return slices.DeleteFunc(all, func(c cell) bool { return c.count == 0 })
}

func (c cell) channel(k int) int { return c.sum[k] / c.count }

// longest returns the channel in which a box is longest, and the gain of halving it there: its length weighted
// by its number of pixels, so that rare colours get some entries but not most.
func longest(box []cell) (side, gain int) {
	if len(box) < 2 {
		return 0, 0
	}
	pixels, length := 0, -1
	for k := range 3 {
		low, high := 255, 0
		for _, c := range box {
			low, high = min(low, c.channel(k)), max(high, c.channel(k))
		}
		if high-low > length {
			side, length = k, high-low
		}
	}
	for _, c := range box {
		pixels += c.count
	}
	return side, (length*length + 1) * rootOf(pixels)
}

// rootOf returns the square root, rounded down.
func rootOf(n int) int {
	root := 0
	for bit := 1 << 20; bit > 0; bit >>= 1 {
		if (root|bit)*(root|bit) <= n {
			root |= bit
		}
	}
	return root
}

// halve cuts a box so that both parts hold about as many pixels.
func halve(box []cell, side int) (first, second []cell) {
	slices.SortStableFunc(box, func(a, b cell) int { return cmp.Compare(a.channel(side), b.channel(side)) })
	pixels, seen := 0, 0
	for _, c := range box {
		pixels += c.count
	}
	for i, c := range box[:len(box)-1] {
		if seen += c.count; 2*seen >= pixels {
			return box[:i+1], box[i+1:]
		}
	}
	return box[:len(box)-1], box[len(box)-1:]
}

func mean(box []cell) color.RGBA {
	var sum [3]int
	count := 0
	for _, c := range box {
		count += c.count
		for k := range sum {
			sum[k] += c.sum[k]
		}
	}
	if count == 0 {
		return color.RGBA{A: 255}
	}
	return color.RGBA{uint8(sum[0] / count), uint8(sum[1] / count), uint8(sum[2] / count), 255}
}

// fillTable finds the nearest entry for the middle of every cell.
func (c *colours) fillTable() {
	entries := make([][3]int, len(c.palette))
	for i, p := range c.palette {
		entry := p.(color.RGBA)
		entries[i] = [3]int{int(entry.R), int(entry.G), int(entry.B)}
	}
	for i := range c.nearest {
		r, g, b := i>>10<<3+4, i>>5&31<<3+4, i&31<<3+4
		best := 1 << 30
		for k, e := range entries {
			if d := square(r-e[0]) + square(g-e[1]) + square(b-e[2]); d < best {
				best, c.nearest[i] = d, uint8(k)
			}
		}
	}
}

func square(x int) int { return x * x }
