// Package mjcf finds attributes in the text of an MJCF model and writes others in their place. It knows no simulator
// and imports the standard library only.
//
// A Target names an attribute; Parse reads a text; a Blank is a text with holes, into which the values of one
// episode are written. All else of the text stays as it is, to the byte.
package mjcf
