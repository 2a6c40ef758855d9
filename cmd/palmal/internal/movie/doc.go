// Package movie writes pictures that follow one another to a file: an animated GIF, a contact sheet
// in PNG, or MP4 by ffmpeg.
package movie
