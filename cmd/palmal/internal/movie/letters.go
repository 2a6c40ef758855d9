package movie

import (
	"image"
	"image/color"
	"strings"
)

// letterWidth is the width of a letter in pixels; letters are 7 high.
const letterWidth = 5

// letters are the glyphs of captions of numbers, as dots, row by row.
func letters(letter rune) string {
	switch letter {
	case '0':
		return "01110 10001 10011 10101 11001 10001 01110"
	case '1':
		return "00100 01100 00100 00100 00100 00100 01110"
	case '2':
		return "01110 10001 00001 00110 01000 10000 11111"
	case '3':
		return "01110 10001 00001 00110 00001 10001 01110"
	case '4':
		return "00010 00110 01010 10010 11111 00010 00010"
	case '5':
		return "11111 10000 11110 00001 00001 10001 01110"
	case '6':
		return "00110 01000 10000 11110 10001 10001 01110"
	case '7':
		return "11111 00001 00010 00100 01000 01000 01000"
	case '8':
		return "01110 10001 10001 01110 10001 10001 01110"
	case '9':
		return "01110 10001 10001 01111 00001 00010 01100"
	case '.':
		return "00000 00000 00000 00000 00000 01100 01100"
	case 's':
		return "00000 00000 01111 10000 01110 00001 11110"
	case 'e':
		return "00000 00000 01110 10001 11111 10000 01110"
	}
	return ""
}

// writeText writes from the upper left corner. A character without a glyph is a space.
func writeText(on *image.RGBA, at image.Point, text string, ink color.RGBA) {
	for _, letter := range text {
		for y, row := range strings.Fields(letters(letter)) {
			for x, dot := range row {
				if dot == '1' {
					on.SetRGBA(at.X+x, at.Y+y, ink)
				}
			}
		}
		at.X += letterWidth + 1
	}
}
